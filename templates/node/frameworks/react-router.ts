import path from 'node:path'
import { AppError } from '../../../server/errors.ts'
import type { App, Framework } from '../app.ts'
import { buildLine } from './build-script.ts'
import { isFalse, literal, readConfig } from './config.ts'
import { type Family, madeForAnother, startedBy } from './family.ts'
import { site } from './site.ts'
import type { Start } from './start-script.ts'

/** React Router as a framework (reactrouter.com/start/framework/deploying), and Remix, which it was before. */
export const reactRouter: Family = async (app, start) => {
  if (app.dependencies['@react-router/dev'] !== undefined) {
    const config = await readConfig(app.source, 'react-router.config')
    const folder = literal(config, 'buildDirectory') ?? 'build'
    return built(app, start, {
      name: 'React Router',
      program: 'react-router',
      folder,
      config,
      base: literal(config, 'basename'),
    })
  }
  if (app.dependencies['@remix-run/dev'] === undefined) return undefined
  const config = `${await readConfig(app.source, 'vite.config')}\n${await readConfig(app.source, 'remix.config')}`
  const vite = /@remix-run\/dev/.test(config)
  return built(app, start, {
    name: 'Remix',
    program: vite ? 'remix vite:' : 'remix ',
    folder: literal(config, 'buildDirectory') ?? 'build',
    config,
    classic: !vite,
  })
}

type Shape = {
  name: string
  program: string
  folder: string
  config: string
  base?: string | undefined
  classic?: boolean
}

function built(app: App, start: Start, { name, program, folder, config, base, classic }: Shape): Framework {
  const build = buildLine(app, program === 'react-router' ? 'react-router build' : `${program}build`)
  if (isFalse(config, 'ssr'))
    return site(app, serves(start), {
      name,
      build,
      folder: path.posix.join(folder, 'client'),
      fallback: 'spa',
      base,
      immutable: ['assets'],
    })
  const serve = name === 'Remix' ? 'remix-serve' : 'react-router-serve'
  const entry = path.posix.join(folder, classic ? 'index.js' : 'server/index.js')
  if (
    app.dependencies[serve === 'remix-serve' ? '@remix-run/serve' : '@react-router/serve'] === undefined &&
    start.kind !== 'server'
  )
    throw noServer(app, name)
  return {
    name,
    build,
    ...startedBy(app.exec(`${serve} ${entry}`), start, /^$/),
    port: 3000,
    env: { HOST: '0.0.0.0' },
    ...(base && base !== '/' && { healthPath: base }),
  }
}

/** The starter's own start script is no wish for a server where nothing is rendered on one. */
const serves = (start: Start): Start =>
  start.kind === 'server' && !start.own && /^(react-router|remix)-serve\b/.test(start.command)
    ? { kind: 'none' }
    : start

function noServer({ dependencies }: App, name: string): AppError {
  const serve = name === 'Remix' ? '@remix-run/serve' : '@react-router/serve'
  const other = Object.keys(dependencies).find((it) =>
    /^(@(react-router|remix-run)\/(cloudflare|architect|deno)|@vercel\/(remix|react-router)|@netlify\/)/.test(it),
  )
  const remedy = `Add ${serve} and a start script, or set ssr: false for a site of files.`
  return other !== undefined
    ? madeForAnother(name, other, remedy)
    : new AppError(
        'no_start_command',
        `This ${name} app has no start script, and no ${serve} that would serve it. ${remedy}`,
      )
}
