import { AppError } from '../../../server/errors.ts'
import type { App, Framework } from '../app.ts'
import { buildLine, buildText, legacyOpenssl, major } from './build-script.ts'
import { block, isFalse, isTrue, literal, readConfig } from './config.ts'
import { type Family, madeForAnother, startedBy } from './family.ts'
import { site } from './site.ts'
import type { Start } from './start-script.ts'

const OWN = /^(node (\.\/)?\.output\/|vinxi start|nuxi? (start|preview)|nitro preview|srvx)/
const SITES = /^(static|github[-_]pages)$/
const NODE = /^(node|node[-_]server|node[-_]cluster)$/

/** Nitro writes a whole server to .output, with all it needs (nitro.build/deploy/runtimes/node). */
function nitroServer(start: Start, name: string, build: string, preset: string | undefined): Framework {
  const other = preset !== undefined && !NODE.test(preset)
  const started = startedBy('node .output/server/index.mjs', start, OWN)
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

/** nuxt.com/docs/getting-started/deployment. */
export const nuxt: Family = async (app, start) => {
  if (app.dependencies.nuxt === undefined && app.dependencies['nuxt-nightly'] === undefined) return undefined
  const config = await readConfig(app.source, 'nuxt.config')
  if (major(app.dependencies.nuxt) === 2) return nuxt2(app, start, config)
  const preset = literal(block(config, 'nitro'), 'preset')
  const base = literal(block(config, 'app'), 'baseURL')
  const shape = { name: 'Nuxt', folder: '.output/public', base }
  if (/\bnuxi?t? generate\b/.test(buildText(app)) || SITES.test(preset ?? ''))
    return site(app, generated(start), {
      ...shape,
      build: buildLine(app, 'nuxt generate'),
      fallback: isFalse(config, 'ssr') ? 'spa' : '404',
    })
  const hasServer = app.source.find('server/**').length > 0 || app.settings.buildCommand !== undefined
  if (isFalse(config.replace(block(config, 'routeRules'), ''), 'ssr') && !hasServer && start.kind !== 'server')
    return site(app, start, { ...shape, build: app.exec('nuxt generate'), fallback: 'spa' })
  return {
    ...nitroServer(start, 'Nuxt', buildLine(app, 'nuxt build'), preset),
    ...(base && base !== '/' && { healthPath: base }),
  }
}

const generated = (start: Start): Start =>
  start.kind === 'server' && !start.own && OWN.test(start.command) ? { kind: 'none' } : start

/** Nuxt 2 is built by webpack 4 and needs its packages where it runs. */
function nuxt2(app: App, start: Start, config: string): Framework {
  if (literal(config, 'target') === 'static' || /\bnuxt generate\b/.test(buildText(app))) {
    const build =
      /\bnuxt generate\b/.test(buildText(app)) || !app.scripts.generate
        ? buildLine(app, 'nuxt generate')
        : app.run('generate')
    return site(app, nuxt2Start(start), {
      name: 'Nuxt 2',
      build: `${legacyOpenssl} ${build}`,
      folder: 'dist',
      fallback: isFalse(config, 'ssr') ? 'spa' : '404',
    })
  }
  return {
    name: 'Nuxt 2',
    build: `${legacyOpenssl} ${buildLine(app, 'nuxt build')}`,
    ...startedBy(app.exec('nuxt start'), start, /^nuxt start/),
    port: 3000,
    env: { HOST: '0.0.0.0' },
  }
}

const nuxt2Start = (start: Start): Start =>
  start.kind === 'server' && !start.own && /^nuxt start/.test(start.command) ? { kind: 'none' } : start

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
  if (SITES.test(preset ?? '')) return site(app, start, { name, build, folder: '.output/public', fallback: '404' })
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
