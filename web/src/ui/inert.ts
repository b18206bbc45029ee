/**
 * Control characters, bidi marks and other invisibles: they could make a text read as another one. What joins two
 * pictures into one emoji stays.
 */
const HIDDEN = /(?!(?<=\p{ExtPict}|\p{EMod}|\uFE0F)\u200D\p{ExtPict})[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** Text from a repository as it may be shown: on one line, with invisible characters made visible as ⟨U+202E⟩. */
export function inert(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(HIDDEN, (sign) => `⟨U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`)
}
