import { createHash } from 'node:crypto'

const MOST_LETTERS = 63

/**
 * Where the preview of a pull request is: `app-pr-7`. The name of an app that leaves no room for that is cut, and a hash
 * keeps it apart from others that begin like it.
 */
export function previewSubdomain(subdomain: string, pullRequest: number): string {
  const end = `-pr-${pullRequest}`
  if (subdomain.length + end.length <= MOST_LETTERS) return `${subdomain}${end}`
  const hash = createHash('sha256').update(subdomain).digest('hex').slice(0, 6)
  return `${subdomain.slice(0, MOST_LETTERS - end.length - hash.length - 1)}-${hash}${end}`
}
