import path from 'node:path'
import type { App } from '../app.ts'
import { buildLine } from './build-script.ts'
import { block, literal, readConfig } from './config.ts'
import type { Family } from './family.ts'
import { site } from './site.ts'

/** gatsbyjs.com/docs/how-to/previews-deploys-hosting. Nothing is kept: it leaves out of public/ what .cache says is there. */
export const gatsby: Family = async (app, start) => {
  if (app.dependencies.gatsby === undefined) return undefined
  return site(app, start, { name: 'Gatsby', build: buildLine(app, 'gatsby build'), folder: 'public', fallback: '404' })
}

/** docusaurus.io/docs/deployment. */
export const docusaurus: Family = async (app, start) => {
  if (app.dependencies['@docusaurus/core'] === undefined) return undefined
  const base = literal(await readConfig(app.source, 'docusaurus.config'), 'baseUrl')
  return site(app, start, {
    name: 'Docusaurus',
    build: buildLine(app, 'docusaurus build'),
    folder: 'build',
    fallback: '404',
    base,
    immutable: ['assets'],
    caches: ['node_modules/.cache'],
  })
}

/** 11ty.dev/docs/config: `_site`, or `dir.output` or `--output`. */
export const eleventy: Family = async (app, start) => {
  if (app.dependencies['@11ty/eleventy'] === undefined) return undefined
  const config = await readConfig(app.source, 'eleventy.config', '.eleventy')
  const flag = /--output[= ]["']?([\w./-]+)/.exec(Object.values(app.scripts).join('\n'))?.[1]
  const folder =
    flag ??
    literal(block(config, 'dir'), 'output') ??
    /setOutputDirectory\(["']([\w./-]+)["']/.exec(config)?.[1] ??
    '_site'
  return site(app, start, {
    name: 'Eleventy',
    build: buildLine(app, 'eleventy'),
    folder,
    fallback: '404',
    base: literal(config, 'pathPrefix'),
  })
}

/** VitePress and VuePress stand beside what they document: they are the app only where nothing else starts. */
export const pressed: Family = async (app, start) => {
  const tool = ['vitepress', 'vuepress'].find((it) => app.dependencies[it] !== undefined)
  if (tool === undefined || start.kind === 'server' || (app.packageJson.main !== undefined && !builds(app, tool)))
    return undefined
  const line = Object.values(app.scripts).find((it) => it.includes(`${tool} build`)) ?? ''
  const folder =
    new RegExp(`${tool} build\\s+([\\w./-]+)`).exec(line)?.[1] ??
    (app.source.find(`docs/.${tool}/**`).length > 0 ? 'docs' : '.')
  const config = await readConfig(app.source, path.posix.join(folder, `.${tool}/config`))
  const outDir = literal(config, 'outDir')
  const script = Object.keys(app.scripts).find((name) => app.scripts[name]?.includes(`${tool} build`))
  return site(app, start, {
    name: tool === 'vitepress' ? 'VitePress' : 'VuePress',
    build: script === undefined ? app.exec(`${tool} build ${folder}`) : app.run(script),
    folder: path.posix.join(folder, outDir ?? `.${tool}/dist`),
    fallback: '404',
    base: literal(config, 'base'),
    immutable: ['assets'],
  })
}

const builds = ({ scripts }: App, tool: string) => scripts.build?.includes(`${tool} build`) ?? false

/** hexo.io/docs/configuration: `public_dir` in _config.yml. */
export const hexo: Family = async (app, start) => {
  if (app.dependencies.hexo === undefined) return undefined
  const config = await app.source.yaml<{ public_dir?: unknown; root?: unknown }>('_config.yml')
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  return site(app, start, {
    name: 'Hexo',
    build: buildLine(app, 'hexo generate'),
    folder: text(config?.public_dir) ?? 'public',
    fallback: '404',
    base: text(config?.root),
  })
}
