const MASK = '••••••'
/** Shorter values would blank out half of every log and hide nothing worth hiding. */
const MIN_LENGTH = 4

/**
 * A function that replaces every secret in a line by dots: as it is, in base64 (padded or not, wrapped, inside a longer
 * text), encoded for an address or a form, and as JSON. Of a secret with several lines each longer line is masked too,
 * since logs come line by line.
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
  return [secret, ...lines].flatMap((text) => [
    text,
    encodeURIComponent(text),
    new URLSearchParams({ '': text }).toString().slice(1),
    JSON.stringify(text).slice(1, -1),
    ...(['base64', 'base64url'] as const).flatMap((alphabet) => base64Forms(text, alphabet)),
  ])
}

/** Where `base64` and `openssl base64` break their lines. */
const WRAPPED = [/.{1,76}/g, /.{1,64}/g]

/** In base64 three bytes are four letters, so a text looks different after one or two other bytes, as in `user:secret`. */
function base64Forms(text: string, alphabet: 'base64' | 'base64url'): string[] {
  const whole = Buffer.from(text).toString(alphabet)
  const unpadded = whole.replace(/=+$/, '')
  const inside = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)])
    return bytes.toString(alphabet).slice(before === 0 ? 0 : before + 1, Math.floor((bytes.length * 4) / 3))
  })
  const wrapped = unpadded.length > 64 ? WRAPPED.flatMap((line) => unpadded.match(line) ?? []) : []
  return [whole, unpadded, ...[...inside, ...wrapped].filter((form) => form.length >= 8)]
}
