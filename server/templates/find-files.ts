import path from 'node:path'

const MAX_LENGTH = 200
const MAGIC = /[*?[\]{}()!|+@]/

/** The files that fit a glob. A repository can bring globs of its own (`workspaces`): one that takes too long fits nothing. */
export function findFiles(files: readonly string[], glob: string): string[] {
  if (!isQuick(glob)) return []
  const first = glob.search(MAGIC)
  const begin = first === -1 ? glob : glob.slice(0, first)
  const end = endOf(glob)
  return files.filter((file) => file.startsWith(begin) && file.endsWith(end) && path.matchesGlob(file, glob))
}

/** What every match ends with: of the last name, what follows its last special character. */
const endOf = (glob: string) => glob.split(/[*?[\]{}()!|+@/]/).at(-1) ?? ''

/**
 * Whether a glob is of the usual kind. Each group in braces multiplies the patterns that are made of it, `{1..999999}` by
 * itself; repeated groups and many stars in one name make the match of a long name take for ever.
 */
function isQuick(glob: string): boolean {
  const count = (text: string, part: string) => text.split(part).length - 1
  return (
    glob.length <= MAX_LENGTH &&
    count(glob, '{') <= 2 &&
    !glob.includes('..') &&
    count(glob, '**') <= 2 &&
    count(glob, '(') <= 1 &&
    !/[^!]\(|^\(/.test(glob) &&
    glob.split('/').every((name) => count(name, '*') <= 3)
  )
}
