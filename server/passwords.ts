/** What a new password must be: one rule for the server, and for the UI, which says it while it is typed. */

const LEAST = 8
/** bcrypt looks at no more: a longer one would pass with any tail. */
const MOST_BYTES = 72

/** What is wrong with one that is only compared; undefined when it can be looked at whole. */
export function problemOfLength(password: string): string | undefined {
  const bytes = new TextEncoder().encode(password).length
  return bytes > MOST_BYTES ? `A password has at most ${MOST_BYTES} bytes; this one has ${bytes}.` : undefined
}

/** What is wrong with a new password, in a sentence; undefined when it can be one. */
export function problemOfPassword(password: string): string | undefined {
  if (password.length < LEAST) return `A password has at least ${LEAST} characters.`
  return problemOfLength(password)
}
