import type { Source } from '../../server/templates/source.ts'
import type { StaticServing } from './nginx.ts'

const HASHED = /[.-](?=[\w-]*[0-9A-Z])[\w-]{8,64}\.(?:m?js|css)$/

/** How a folder of finished files is served, by what lies in it. */
export async function servingOf(source: Source, folder: string): Promise<{ serving: StaticServing; notes: string[] }> {
  const below = (file: string) => (folder === '' ? file : `${folder}/${file}`)
  const files = source.files.filter((it) => folder === '' || it.startsWith(`${folder}/`))
  const pages = files.filter((it) => it.endsWith('.html'))
  const redirects = (await source.text(below('_redirects'))) ?? ''
  const spa =
    !source.has(below('404.html')) &&
    (source.has(below('200.html')) ||
      /^\/\*\s+\/(index\.html)?\s+200/m.test(redirects) ||
      (pages.length === 1 && isBundle((await source.text(below('index.html'))) ?? '')))
  return {
    serving: {
      folder,
      fallback: spa ? 'spa' : '404',
      ...(areHashed(files, below('assets/')) && { immutable: ['assets'] }),
    },
    notes: notesOn(source, below, spa),
  }
}

/** Pages of tools are small; of a page made to keep a regular expression busy no more is read than this. */
const MUCH = 16_384

/** The page of a bundler: all it holds is a place for the app, and a script whose name has a hash of its content. */
function isBundle(page: string): boolean {
  if (page.length > MUCH) return false
  const body = /<body[^>]*>([\s\S]*)<\/body>/i.exec(page)?.[1] ?? ''
  const text = body.replace(/<(script|noscript|style)[\s\S]*?<\/\1>|<!--[\s\S]*?-->|<[^>]*>/gi, '').trim()
  return text === '' && scriptsOf(page).some((src) => !/^(https?:)?\/\//.test(src) && HASHED.test(src))
}

/** Vite's folder, without what somebody put beside it by hand. */
function areHashed(files: readonly string[], folder: string): boolean {
  const inside = files.filter((it) => it.startsWith(folder))
  return inside.some((it) => HASHED.test(it)) && inside.every((it) => /-(?=[\w-]*[0-9A-Z])[\w-]{8}\.\w+$/.test(it))
}

function notesOn(source: Source, below: (file: string) => string, spa: boolean): string[] {
  const unread = ['_headers', '_redirects'].filter((it) => source.has(below(it)))
  return [
    ...(spa ? ['An address without a file answers the front page: this is a single-page app.'] : []),
    ...(unread.length > 0
      ? [`${unread.join(' and ')} of Netlify ${unread.length > 1 ? 'are' : 'is'} not read for more than that.`]
      : []),
  ]
}

/** A page that loads sources, or is a model for a build, shows nothing before it: Vite's, Create React App's, Vue CLI's. */
export function isUnbuilt(page: string): boolean {
  const start = page.slice(0, MUCH)
  return scriptsOf(start).some((src) => /\.(tsx?|jsx|vue|svelte)$/i.test(src)) || /%PUBLIC_URL%|<%=? /.test(start)
}

/** What the scripts of a page are loaded from. */
const scriptsOf = (page: string) =>
  [...page.matchAll(/<script\s([^<>]{1,1000})>/gi)].map(
    ([, tag = '']) => /(?:^|\s)src=["']?([^"'\s]{1,300})/i.exec(tag)?.[1] ?? '',
  )
