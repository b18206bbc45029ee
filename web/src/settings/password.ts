/** bcrypt looks at no more bytes than this. */
const MOST_BYTES = 72
const LEAST = 8
const encoder = new TextEncoder()

/** What is wrong with a new password, or undefined. The same rules as the server's. */
export function problemOf(password: string): string | undefined {
  if (password.length < LEAST) return `A password has at least ${LEAST} characters.`
  const bytes = encoder.encode(password).length
  if (bytes > MOST_BYTES) return `A password has at most ${MOST_BYTES} bytes; this one has ${bytes}.`
  return undefined
}
