import type { PackageJson } from './app.ts'

/** Programs that are not called like the package that brings them. */
const PROGRAMS: Record<string, string> = {
  tsc: 'typescript',
  ng: '@angular/cli',
  nest: '@nestjs/cli',
  'vue-cli-service': '@vue/cli-service',
  'remix-serve': '@remix-run/serve',
  'react-router-serve': '@react-router/serve',
  'babel-node': '@babel/node',
  'run-s': 'npm-run-all',
  'run-p': 'npm-run-all',
  sequelize: 'sequelize-cli',
  nuxi: 'nuxt',
  mikro: '@mikro-orm/cli',
  'mikro-orm': '@mikro-orm/cli',
  medusa: '@medusajs/cli',
  swc: '@swc/cli',
  'swc-node': '@swc-node/register',
  dotenv: 'dotenv-cli',
  nitro: 'nitropack',
}

/**
 * The development dependency that a line calls, as in `tsx src/index.ts` or `node -r ts-node/register`: it must stay in the
 * image then.
 */
export function developmentToolIn(
  line: string,
  { dependencies = {}, devDependencies = {} }: PackageJson,
): string | undefined {
  const words = line.split(/[\s"'=;&|()]+/).filter(Boolean)
  const names = words.flatMap((word) => {
    const plain = word.replace(/^(\.\/)?node_modules\/(\.bin\/)?/, '').replace(/^file:.*|^[./].*/, '')
    const name = /^(@[\w.-]+\/)?[\w.-]+/.exec(plain)?.[0] ?? ''
    return [name, PROGRAMS[name] ?? name]
  })
  return names.find((name) => Object.hasOwn(devDependencies, name) && !Object.hasOwn(dependencies, name))
}
