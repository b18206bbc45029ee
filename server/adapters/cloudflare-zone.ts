import { AppError } from '../errors.ts'

type Zone = { name?: string; status?: string; name_servers?: string[] }

/**
 * Says how the zone and the domain of the apps fit together.
 * @throws AppError cloudflare_rejected when names in the domain cannot stand in the zone, or the zone is not in use yet
 */
export function describeZone(found: unknown, domain: string | undefined): string {
  const { name = '', status, name_servers: servers = [] } = (found ?? {}) as Zone
  if (domain !== undefined && domain !== name && !domain.endsWith(`.${name}`)) {
    throw new AppError(
      'cloudflare_rejected',
      `CLOUDFLARE_ZONE_ID is the zone ${name}, and SLIPWAY_DOMAIN is ${domain}. Set the id of the zone that ${domain} is in, or another domain.`,
    )
  }
  if (status !== 'active') {
    throw new AppError(
      'cloudflare_rejected',
      `The zone ${name} is ${status} and not active. Set its name servers at your registrar to ${servers.join(' and ')}.`,
    )
  }
  if (domain === undefined || domain === name) return `The zone is ${name}, and active.`
  // Universal SSL covers the apex and one label below it.
  return `${domain} is in the zone ${name}. Its free certificate does not cover names as deep as app.${domain}: visitors need an Advanced Certificate there.`
}
