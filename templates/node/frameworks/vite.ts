import path from 'node:path'
import type { App } from '../app.ts'
import { buildLine, buildText } from './build-script.ts'
import { block, folderIn, isTrue, literal, readConfig, sets } from './config.ts'
import type { Family } from './family.ts'
import { site } from './site.ts'

/** With what people write it; the first that is there names it. */
const FLAVOURS = {
  '@ionic/react': 'Ionic',
  '@ionic/vue': 'Ionic',
  preact: 'Preact',
  'solid-js': 'Solid',
  svelte: 'Svelte',
  vue: 'Vue',
  react: 'React',
  lit: 'Lit',
  '@builder.io/qwik': 'Qwik',
}
const CALL = /\b(?:(?:rolldown-)?vite|vp)\s+build\b/

/** vite.dev/guide/static-deploy: files in dist, or where vite.config or `--outDir` say, and one page for all addresses. */
export const vite: Family = async (app, start) => {
  const { dependencies, source } = app
  if (['vite', 'rolldown-vite', 'vite-plus'].every((it) => dependencies[it] === undefined)) return undefined
  const config = await readConfig(source, 'vite.config')
  const line = buildText(app)
  if (line !== '' && !CALL.test(line) && config === '') return undefined
  const root = folderIn(config, 'root') ?? /\bvite\s+build\s+([\w][\w./-]*)/.exec(line)?.[1] ?? ''
  if (!source.has(path.posix.join(root, 'index.html'))) return undefined
  const { folder, unclear } = outDir(config, line, root)
  const pages = source
    .find(`${path.posix.join(root, '*.html')}`)
    .concat(source.find(path.posix.join(root, '!(public|node_modules)/**/index.html')))
  const prerenders = ['vite-ssg', 'vite-react-ssg'].some((it) => dependencies[it] !== undefined)
  const many = prerenders || literal(config, 'appType') === 'mpa' || (sets(config, 'input') && pages.length > 1)
  return site(app, start, {
    name: `Vite${flavour(dependencies)}`,
    build: buildLine(app, 'vite build'),
    folder,
    fallback: many ? '404' : 'spa',
    base: /--base[= ](\S+)/.exec(line)?.[1] ?? literal(config, 'base'),
    ...(!sets(config, 'assetsDir') && !/(entry|asset|chunk)FileNames/.test(config) && { immutable: ['assets'] }),
    ...(unclear && {
      notes: [`vite.config computes build.outDir: ${folder} is assumed. Set the output folder if it is another.`],
    }),
  })
}

function flavour(dependencies: App['dependencies']): string {
  const found = Object.entries(FLAVOURS).find(([it]) => dependencies[it] !== undefined)
  return found ? ` with ${found[1]}` : ''
}

/** A path is below `root`; one made with path.resolve is below the app's folder. */
function outDir(config: string, line: string, root: string): { folder: string; unclear: boolean } {
  const flag = /--outDir[= ]["']?([\w@./-]+)/.exec(line)?.[1]
  if (flag !== undefined) return { folder: path.posix.join(root, flag), unclear: false }
  const build = block(config, 'build')
  const relative = literal(build, 'outDir')
  const folder = relative !== undefined ? path.posix.join(root, relative) : folderIn(build, 'outDir')
  return { folder: folder ?? path.posix.join(root, 'dist'), unclear: folder === undefined && sets(build, 'outDir') }
}

/** Pages rendered by vike: to files where it prerenders, by the app's own server where not (vike.dev/prerender). */
export const vike: Family = async (app, start) => {
  if (app.dependencies.vike === undefined) return undefined
  const config = `${await readConfig(app.source, 'vite.config')}\n${await readConfig(app.source, 'pages/+config', '+config')}`
  if (!isTrue(config, 'prerender') || start.kind === 'server')
    return { name: 'Vike', build: buildLine(app, 'vite build') }
  return site(app, start, {
    name: 'Vike',
    build: buildLine(app, 'vite build'),
    folder: 'dist/client',
    fallback: '404',
    immutable: ['assets'],
  })
}
