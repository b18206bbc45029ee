/** What is wrong and what to do about it, for where there is one line of text. */
export const withHint = ({ message, hint }: { message: string; hint?: string | undefined }): string =>
  hint === undefined ? message : `${message} ${hint}`
