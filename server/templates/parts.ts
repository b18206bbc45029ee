/**
 * What a parsed file should hold. A repository can write anything there: null for an object, a number for a name, a key that
 * every object has already (`toString`, `constructor`). These answer what fits, and nothing else.
 */

export const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

export const listIn = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** An object's own entries; none of anything else. */
export const partsIn = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? bare(Object.entries(value)) : {}

/** Of an object, what are texts. */
export const textsIn = (value: unknown): Record<string, string> =>
  bare(Object.entries(partsIn(value)).filter((it): it is [string, string] => typeof it[1] === 'string'))

/** An object that has no key but these, not even `constructor`. */
const bare = <T>(entries: [string, T][]): Record<string, T> =>
  Object.assign(Object.create(null), Object.fromEntries(entries))
