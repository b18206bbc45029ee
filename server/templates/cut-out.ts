/**
 * The text without what lies from each `begin` to the next `end`; one that has no end stays. A regular expression looks for
 * that end anew at each beginning: minutes for a file that is made of them.
 */
export function cutOut(text: string, begin: string, end: string): string {
  const kept: string[] = []
  let at = 0
  for (;;) {
    const from = text.indexOf(begin, at)
    const to = from === -1 ? -1 : text.indexOf(end, from + begin.length)
    kept.push(text.slice(at, to === -1 ? undefined : from))
    if (to === -1) return kept.join('')
    at = to + end.length
  }
}
