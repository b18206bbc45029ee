import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../root.ts'

const folder = path.join(root, 'nginx')

export type Render = (template: string, values: object) => Promise<string>
/** A page as nginx reads it: a double-quoted string, under the suffix of the variable that holds it. */
export type Page = { variable: string; text: string }

/**
 * Renders the templates in nginx/. nunjucks is loaded at the first use. Nothing is escaped: what goes in was matched
 * against an allow-list. An undefined value is an error.
 */
export function createRender(): Render {
  const load = async () => {
    const { default: nunjucks } = await import('nunjucks')
    const loader = new nunjucks.FileSystemLoader(folder)
    return new nunjucks.Environment(loader, {
      autoescape: false,
      throwOnUndefined: true,
      trimBlocks: true,
      lstripBlocks: true,
    })
  }
  let environment: ReturnType<typeof load> | undefined
  return async (template, values) => {
    environment ??= load()
    return (await environment).render(template, values)
  }
}

/** All pages in nginx/pages. @throws when one cannot stand in an nginx string: it may hold no `$` and 4,000 bytes. */
export async function readPages(): Promise<Page[]> {
  const names = (await readdir(path.join(folder, 'pages'))).filter((name) => name.endsWith('.html')).sort()
  return Promise.all(
    names.map(async (name) => ({
      variable: path.basename(name, '.html').replaceAll('-', '_'),
      text: toNginxString(name, await readFile(path.join(folder, 'pages', name), 'utf8')),
    })),
  )
}

/** nginx reads at most 4,096 bytes as one value, and `$` starts a variable that no quoting stops. */
function toNginxString(name: string, html: string): string {
  const escaped = html
    .trim()
    .replace(/\s*\n\s*/g, '\n')
    .replace(/["\\]/g, '\\$&')
  if (escaped.includes('$') || Buffer.byteLength(escaped) > 4000) {
    throw new Error(`nginx/pages/${name} must hold no dollar sign and at most 4,000 bytes`)
  }
  return `"${escaped}"`
}
