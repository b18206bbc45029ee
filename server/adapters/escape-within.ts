/**
 * As much of a text as fits into `most` UTF-16 units once each character is escaped; what is left out shows as `…`.
 * Never cuts an escape or a character in two.
 */
export function escapeWithin(text: string, most: number, toSafe: (character: string) => string): string {
  let escaped = ''
  /** How much of it leaves room for the `…`. */
  let safe = 0
  for (const character of text) {
    const next = escaped + toSafe(character)
    if (next.length > most) return `${escaped.slice(0, safe)}…`
    escaped = next
    if (escaped.length < most) safe = escaped.length
  }
  return escaped
}

/** The first `most` UTF-16 units. */
export const cutWithin = (text: string, most: number): string => escapeWithin(text, most, (character) => character)
