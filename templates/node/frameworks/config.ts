import path from 'node:path'
import type { Source } from '../../../server/templates/source.ts'

const ENDINGS = ['.ts', '.js', '.mjs', '.mts', '.cjs', '.cts']

/**
 * The text of a configuration in JavaScript, without its comments: the first of `names` that is there, with any of the
 * usual endings. Nothing of the repository is run here, so only what is written literally is known.
 */
export async function readConfig(source: Source, ...names: string[]): Promise<string> {
  const file = names.flatMap((name) => ENDINGS.map((it) => name + it)).find((it) => source.has(it))
  return withoutComments((file && (await source.text(file))) ?? '')
}

const withoutComments = (text: string) =>
  text.replace(/(["'`])(?:\\[\s\S]?|(?!\1)[^\\\n])*(?:\1|(?=\n)|$)|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, (found) =>
    /^["'`]/.test(found) ? found : '',
  )

/** The text between the braces of `key: { … }`; '' when there is none. `key(` finds the object a function is given. */
export function block(text: string, key: string): string {
  const start = new RegExp(`(?<![\\w.])${key}\\s*[:(]\\s*\\(?\\{`).exec(text)
  if (!start) return ''
  const from = start.index + start[0].length
  let depth = 1
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth += 1
    if (text[at] === '}') depth -= 1
    if (depth === 0) return text.slice(from, at)
  }
  return ''
}

/** The text of `key: 'text'`. Undefined when it is not there, is computed, or is there twice with different texts. */
export function literal(text: string, key: string): string | undefined {
  const found = valuesOf(text, key).map(
    (it) => /^(["'`])([^"'`$\\]*)\1(?=\s*(?:[,;})\]]|as\b|satisfies\b|$))/.exec(it)?.[2],
  )
  return new Set(found).size === 1 ? found[0] : undefined
}

/** The same for a folder, which may be written with path.resolve, path.join or a URL beside the file. */
export function folderIn(text: string, key: string): string | undefined {
  const [value = ''] = valuesOf(text, key)
  const call =
    /^(?:path\.)?(?:resolve|join)\(\s*(?:__dirname|import\.meta\.dirname|process\.cwd\(\))\s*,\s*((?:["'][^"']*["'],?\s*)+)\)/.exec(
      value,
    )
  if (call) return path.posix.join(...[...(call[1] ?? '').matchAll(/["']([^"']*)["']/g)].map(([, part = '']) => part))
  return /^fileURLToPath\(\s*new URL\(\s*["']([^"']*)["']/.exec(value)?.[1] ?? literal(text, key)
}

export const isTrue = (text: string, key: string) => valuesOf(text, key).some((it) => /^true\b/.test(it))
export const isFalse = (text: string, key: string) => valuesOf(text, key).some((it) => /^false\b/.test(it))

/** Whether the key is there, with whatever value. */
export const sets = (text: string, key: string) => valuesOf(text, key).length > 0

const valuesOf = (text: string, key: string) =>
  [...text.matchAll(new RegExp(`(?<![\\w.$-])["']?${key}["']?\\s*:\\s*`, 'g'))].map((it) =>
    text.slice(it.index + it[0].length),
  )
