import type { App, Framework } from '../app.ts'
import { buildLine, buildText, legacyOpenssl, major } from './build-script.ts'
import { block, isFalse, literal, readConfig } from './config.ts'
import { type Family, startedBy } from './family.ts'
import { nitroServer, SITE_PRESETS, STARTS_NITRO } from './nitro.ts'
import { site } from './site.ts'
import type { Start } from './start-script.ts'

/** nuxt.com/docs/getting-started/deployment. */
export const nuxt: Family = async (app, start) => {
  if (app.dependencies.nuxt === undefined && app.dependencies['nuxt-nightly'] === undefined) return undefined
  const config = await readConfig(app.source, 'nuxt.config')
  if (major(app.dependencies.nuxt) === 2) return nuxt2(app, start, config)
  const preset = literal(block(config, 'nitro'), 'preset')
  const base = literal(block(config, 'app'), 'baseURL')
  const isClientOnly = isFalse(config.replace(block(config, 'routeRules'), ''), 'ssr')
  const shape = { name: 'Nuxt', folder: '.output/public', base }
  if (/\bnuxi?t? generate\b/.test(buildText(app)) || SITE_PRESETS.test(preset ?? ''))
    return site(app, generated(start), {
      ...shape,
      build: buildLine(app, 'nuxt generate'),
      fallback: isClientOnly ? 'spa' : '404',
    })
  const hasServer = app.source.find('server/**').length > 0 || app.settings.buildCommand !== undefined
  if (isClientOnly && !hasServer && start.kind !== 'server')
    return site(app, start, { ...shape, build: app.exec('nuxt generate'), fallback: 'spa' })
  return {
    ...nitroServer(start, 'Nuxt', buildLine(app, 'nuxt build'), preset),
    ...(base && base !== '/' && { healthPath: base }),
  }
}

const generated = (start: Start): Start =>
  start.kind === 'server' && !start.own && STARTS_NITRO.test(start.command) ? { kind: 'none' } : start

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
