import { AppError } from '../../../server/errors.ts'
import type { App, Framework } from '../app.ts'
import { buildLine } from './build-script.ts'
import { block, isTrue, literal, readConfig } from './config.ts'
import { type Family, madeForAnother, startedBy } from './family.ts'
import { site } from './site.ts'
import type { Start } from './start-script.ts'

/** What starts that server, by whichever name. */
export const STARTS_NITRO = /^(node (\.\/)?\.output\/|vinxi start|nuxi? (start|preview)|nitro preview|srvx)/
/** Presets that write files alone. */
export const SITE_PRESETS = /^(static|github[-_]pages)$/
const NODE = /^(node|node[-_]server|node[-_]cluster)$/

/** Nitro writes a whole server to .output, with all it needs (nitro.build/deploy/runtimes/node). */
export function nitroServer(start: Start, name: string, build: string, preset: string | undefined): Framework {
  const other = preset !== undefined && !NODE.test(preset)
  const started = startedBy('node .output/server/index.mjs', start, STARTS_NITRO)
  return {
    name,
    build: other ? `NITRO_PRESET=node-server ${build}` : build,
    ...started,
    port: 3000,
    env: { HOST: '0.0.0.0' },
    ...(started.start !== undefined && { copy: [{ from: '.output', to: '.output' }], needsNodeModules: false }),
    notes: [
      ...(started.notes ?? []),
      ...(other ? [`The preset ${preset} is for another host: node-server is built.`] : []),
    ],
  }
}

/** TanStack Start, SolidStart, Analog, and Nitro itself: a Vite plugin or vinxi builds the server with Nitro. */
export const nitro: Family = async (app, start) => {
  const name = nameOf(app.dependencies)
  if (name === undefined) return undefined
  const config = await readConfig(app.source, 'vite.config', 'app.config', 'nitro.config')
  const build = buildLine(app, app.dependencies.vinxi === undefined ? 'vite build' : 'vinxi build')
  if (isTrue(block(config, 'spa'), 'enabled') && app.dependencies['@tanstack/react-start'] !== undefined)
    return site(app, start, { name, build, folder: 'dist/client', fallback: 'spa', immutable: ['assets'] })
  if (name === 'Analog') {
    return {
      name,
      build,
      ...startedBy('node dist/analog/server/index.mjs', start, /dist\/analog/),
      env: { HOST: '0.0.0.0' },
      port: 3000,
    }
  }
  const preset = literal(config, 'preset')
  if (SITE_PRESETS.test(preset ?? ''))
    return site(app, start, { name, build, folder: '.output/public', fallback: '404' })
  if (usesNitro(app.dependencies, config)) return nitroServer(start, name, build, preset)
  return withoutNitro(app, start, name, build)
}

function nameOf(dependencies: App['dependencies']): string | undefined {
  const names = {
    '@tanstack/react-start': 'TanStack Start',
    '@tanstack/solid-start': 'TanStack Start',
    '@tanstack/vue-start': 'TanStack Start',
    '@solidjs/start': 'SolidStart',
    '@analogjs/platform': 'Analog',
    vinxi: 'Vinxi',
    nitro: 'Nitro',
    nitropack: 'Nitro',
  }
  return Object.entries(names).find(([it]) => dependencies[it] !== undefined)?.[1]
}

const usesNitro = (dependencies: App['dependencies'], config: string) =>
  ['nitro', 'nitropack', 'vinxi', '@tanstack/nitro-v2-vite-plugin', '@solidjs/vite-plugin-nitro-2'].some(
    (it) => dependencies[it] !== undefined,
  ) || /\bnitro/i.test(config)

/** Without Nitro the build is a function that answers requests (dist/server/server.js), and nothing that listens. */
function withoutNitro(app: App, start: Start, name: string, build: string): Framework {
  if (start.kind === 'server') return { name, build }
  if (app.dependencies.srvx !== undefined)
    return { name, build, ...startedBy(app.exec('srvx --prod -s ../client dist/server/server.js'), start, /^srvx/) }
  throw noServer(name, app.dependencies)
}

function noServer(name: string, dependencies: App['dependencies']): Error {
  const cloudflare = dependencies['@cloudflare/vite-plugin'] !== undefined
  const remedy =
    'Add nitro to the dependencies and nitro() from nitro/vite to the plugins of vite.config, or give a start command.'
  return cloudflare
    ? madeForAnother(name, '@cloudflare/vite-plugin', remedy)
    : new AppError('no_start_command', `${name} builds no server that listens by itself. ${remedy}`)
}
