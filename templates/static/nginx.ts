/** A folder of files that nginx serves, and what it answers for an address that none of them has. */
export type StaticServing = {
  folder: string
  fallback: 'spa' | '404' | 'none'
}

/** nginx.conf for a site of files in /srv, on port 8080. */
export function nginxConf(_serving: StaticServing): string {
  return ''
}
