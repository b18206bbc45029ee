const MASK = '••••••'
/** Shorter values would blank out half of every log and hide nothing worth hiding. */
const MIN_LENGTH = 4

/**
 * A function that replaces every secret in a line by dots: as it is, in base64 (padded or not) and URL-encoded. Of a
 * secret with several lines each longer line is masked too, since logs come line by line.
 */
export function createMask(secrets: string[]): (text: string) => string {
  const needles = new Set(secrets.flatMap(formsOf).filter((form) => form.length >= MIN_LENGTH))
  if (needles.size === 0) return (text) => text
  const longestFirst = [...needles].sort((a, b) => b.length - a.length)
  const pattern = new RegExp(longestFirst.map((needle) => RegExp.escape(needle)).join('|'), 'g')
  return (text) => text.replace(pattern, MASK)
}

function formsOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= 8)
  return [secret, ...lines].flatMap((text) => {
    const base64 = Buffer.from(text).toString('base64')
    const unpadded = base64.replace(/=+$/, '')
    return [text, base64, unpadded, Buffer.from(text).toString('base64url'), encodeURIComponent(text)]
  })
}
