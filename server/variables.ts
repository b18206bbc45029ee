/** What a variable may be: one rule for the server, and for the UI, which says it beside the field before anything is sent. */

/** A name that programs and shells can use. */
export const KEY_PATTERN = '^[A-Za-z_][A-Za-z0-9_]*$'
export const MAX_KEY_LENGTH = 200
export const KEY_DESCRIPTION =
  'A name has letters A–Z, digits and underscores, at most 200 of them, and does not begin with a digit.'
/** So many, which together must fit into what Linux hands to a program. */
export const MOST_VARIABLES = 500
export const MAX_TOTAL_BYTES = 1024 * 1024
/** With its name, `=` and the end: Linux passes no longer text to a program (MAX_ARG_STRLEN). */
const MAX_BYTES = 128 * 1024

const key = new RegExp(KEY_PATTERN)

/**
 * Whether a tool writes the variable into the pages it builds, by what its name begins with: Vite, Next, Nuxt, Astro and
 * SvelteKit, Create React App, Vue CLI, Gatsby, Expo. Without it at the build it does nothing, and nothing fails.
 */
export const isPublicKey = (name: string): boolean =>
  /^(VITE|NEXT_PUBLIC|NUXT_PUBLIC|PUBLIC|REACT_APP|VUE_APP|GATSBY|EXPO_PUBLIC)_/.test(name)

/** Why no variable can have this name, in a sentence that says what to do; undefined when it can. */
export function problemOfKey(name: string): string | undefined {
  if (name === '') return 'Give the variable a name.'
  if (!key.test(name)) return 'A name has letters A–Z, digits and underscores, and does not begin with a digit.'
  if (name.length > MAX_KEY_LENGTH) return `A name has at most ${MAX_KEY_LENGTH} characters.`
  // BUILDKIT_SYNTAX would run an image of somebody's choice in place of the builder
  if (/^BUILDKIT_/.test(name)) return `The variable ${name} is not allowed: it would change how images are built.`
  if (!name.startsWith('__') && !/^(LD|DYLD)_/.test(name)) return undefined
  return `The variable ${name} is not allowed: it would change how every program in the container is loaded.`
}

/** Why the variable cannot have this value; undefined when it can. */
export function problemOfValue(name: string, value: string): string | undefined {
  if (value.includes('\0')) return `The value of ${name} has a NUL character, which no program can be given.`
  if (new TextEncoder().encode(value).length <= MAX_BYTES - name.length - 2) return undefined
  return `The value of ${name} is longer than 128 KiB, which Linux does not pass to a program.`
}
