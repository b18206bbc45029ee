/** Letters of any language, digits, and inside it spaces, dots, underscores and hyphens: the server's rule. */
const NAME = /^[\p{L}\p{N}]([\p{L}\p{N} ._-]*[\p{L}\p{N}._-])?$/u

/** What is wrong with a token's name, or undefined. */
export const problemOfName = (name: string) =>
  NAME.test(name)
    ? undefined
    : 'A name begins with a letter or digit, and has letters, digits, spaces, dots, underscores and hyphens only.'
