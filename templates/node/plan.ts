import { AppError } from '../../server/errors.ts'
import { readProcfile } from '../../server/templates/procfile.ts'
import type { PlanFunction } from '../../server/templates/template-plan.ts'
import { isBunApp } from '../bun/is-bun-app.ts'

type PackageJson = { main?: string; scripts?: Record<string, string> }

const MAIN_FILES = ['server.js', 'index.js', 'app.js', 'main.js', 'server.mjs', 'index.mjs']

/** An app with a package.json. */
export const plan: PlanFunction = async ({ source, settings }) => {
  if (settings.template !== 'node' && (await isBunApp(source, settings.startCommand))) return undefined
  const { main, scripts = {} } = (await source.json<PackageJson>('package.json')) ?? {}
  const procfile = await readProcfile(source)
  const file = [main ?? '', ...MAIN_FILES].find((it) => source.has(it))
  const start = settings.startCommand ?? procfile.web ?? (scripts.start && 'npm start') ?? (file && `node ${file}`)
  if (!start) {
    throw new AppError(
      'no_start_command',
      'package.json has no start script, and there is no server.js or index.js. Add a start script, or give a start command.',
    )
  }
  const build = settings.buildCommand ?? (scripts.build && 'npm run build')
  const hasLock = source.has('package-lock.json') || source.has('npm-shrinkwrap.json')
  const install = settings.installCommand ?? `npm ${hasLock ? 'ci' : 'install'} --no-audit --no-fund`
  return { framework: 'Node.js', kind: 'server', commands: { install, ...(build && { build }), start } }
}
