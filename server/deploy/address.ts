import type { Deps } from '../deps.ts'
import { hostnameOf } from '../names.ts'

/** Where people reach an app; null without nginx. */
export function addressOf({ config }: Pick<Deps, 'config'>, subdomain: string): string | null {
  const hostname = hostnameOf(config.domain, subdomain)
  if (config.cloudflare) return `https://${hostname}`
  if (config.nginx === 'off') return null
  return `http://${hostname}${config.httpPort === 80 ? '' : `:${config.httpPort}`}`
}
