import { isUnbuilt } from '../../static/serving.ts'
import { buildText } from './build-script.ts'
import type { Family } from './family.ts'
import { site } from './site.ts'

const FOLDERS = ['public', 'dist', 'build', 'www', '_site', 'site']

/** Tools that write beside the page, and leave the page itself alone. */
const BESIDE = /\b(tailwindcss|sass|postcss|lessc|esbuild|rollup|uglifyjs|terser|babel|tsc|swc)\b/

/** A start script that hands out a folder (`serve -s dist`), or a page at a usual place whose scripts or styles are built. */
export const plainPages: Family = async (app, start) => {
  const wanted = app.settings.outputDir
  const build = app.scripts.build === undefined ? {} : { build: app.run('build') }
  if (start.kind === 'files') {
    const folder =
      start.folder ?? FOLDERS.find((it) => app.source.has(pageIn(it))) ?? (app.scripts.build ? 'dist' : '.')
    return site(app, start, { name: 'Site', ...build, folder, fallback: start.spa ? 'spa' : '404' })
  }
  if (start.kind === 'server' || app.scripts.build === undefined) return undefined
  if (wanted !== undefined) return site(app, start, { name: 'Site', ...build, folder: wanted, fallback: '404' })
  const page = ['', ...FOLDERS].find((it) => app.source.has(pageIn(it)))
  if (page === undefined || !BESIDE.test(buildText(app))) return undefined
  if (isUnbuilt((await app.source.text(pageIn(page))) ?? '')) return undefined
  return site(app, start, {
    name: 'Site',
    ...build,
    folder: page,
    fallback: '404',
    notes: [`${page || 'The top'} is served after the build. Set the output folder if the page is elsewhere.`],
  })
}

const pageIn = (folder: string) => (folder === '' ? 'index.html' : `${folder}/index.html`)
