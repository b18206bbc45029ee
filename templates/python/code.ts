import { AppError } from '../../server/errors.ts'
import type { Source } from '../../server/templates/source.ts'

export type CodeFile = { file: string; text: string }

const NO_APP =
  /(^|\/)(tests?|testing|docs?|examples?|samples?|migrations|alembic|scripts|tools|benchmarks?|notebooks|site-packages|env|node_modules|\.[^/]+)\/|(^|\/)(test_[^/]*|[^/]*_test|conftest|setup|noxfile|tasks|fabfile)\.py$/
/** The names that files have in which an app begins, the likeliest first. */
const NAMES = 'main app server application api asgi wsgi index run web start home hello __main__ __init__'.split(' ')
const FOLDERS = 'app src api backend server web'.split(' ')
const MAX_FILES = 200
const MAX_TEXT = 200_000
const MAX_ALL = 3_000_000

/** The repository's Python, without its tests and tools: where an app is likeliest to begin first. */
export async function readCode(source: Source): Promise<CodeFile[]> {
  const files = source.files
    .filter((file) => file.endsWith('.py') && !NO_APP.test(file))
    .toSorted((a, b) => rankOf(a) - rankOf(b))
    .slice(0, MAX_FILES)
  const read = await Promise.all(files.map(async (file) => ({ file, text: await readLenient(source, file) })))
  let left = MAX_ALL
  return read.map(({ file, text = '' }) => {
    const looked = text.slice(0, Math.min(MAX_TEXT, left))
    left -= looked.length
    return { file, text: looked }
  })
}

/** How likely an app begins in a file by its name alone, smaller is likelier; two of the same rank are equally likely. */
export function rankOf(file: string): number {
  const parts = file.toLowerCase().split('/')
  const name = (parts.pop() ?? '').replace(/\.py$/, '')
  const inList = (list: string[], it: string) => (list.includes(it) ? list.indexOf(it) : list.length)
  const folder = parts[0] === undefined ? 0 : inList(FOLDERS, parts[0])
  return parts.length * 1000 + folder * 50 + inList(NAMES, name)
}

/** The text of a file that a plan can do without: a link, and what is too large, is passed over. */
export async function readLenient(source: Source, file: string): Promise<string | undefined> {
  try {
    return await source.text(file)
  } catch (error) {
    if (error instanceof AppError && error.code === 'file_unsafe') return undefined
    throw error
  }
}

/** Whether the file imports the package, on a line of its own. */
export const imports = ({ text }: CodeFile, name: string) =>
  new RegExp(`^[ \\t]*(?:from|import)[ \\t]+${name}\\b`, 'm').test(text)
