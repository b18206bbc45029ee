/**
 * Where to go after the login: a path of this UI, never another site. `//evil`, `/\evil` and whole addresses fall back
 * to the front page.
 */
export function safeNext(next: string | null, origin: string): string {
  if (next === null || !next.startsWith('/')) return '/'
  const url = URL.canParse(next, origin) ? new URL(next, origin) : undefined
  if (url?.origin !== origin || url.pathname.startsWith('//')) return '/'
  return url.pathname === '/login' ? '/' : `${url.pathname}${url.search}${url.hash}`
}
