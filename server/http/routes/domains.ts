import { findBySubdomain, listDeployments } from '../../db/deployments.ts'
import { listStanding } from '../../db/ledger.ts'
import { listPorts } from '../../db/ports.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import { hostnameOf, isReservedSubdomain, normalizeSubdomain } from '../../names.ts'
import type { App } from '../app-type.ts'
import { Type } from '../type.ts'
import { untilGone } from '../until-gone.ts'
import { AvailabilityView, DomainView } from '../views.ts'

/** Somebody who types waits for the answer; the deploy looks again anyway. */
const CLOUDFLARE_MS = 5000

export function domainRoutes(app: App, deps: Deps): void {
  app.get(
    '/api/domains',
    {
      schema: {
        summary: 'Where each app is reached, and what leads there',
        response: { 200: Type.Object({ domains: Type.Array(DomainView) }) },
      },
    },
    async () => ({ domains: await listDomains(deps) }),
  )

  app.get(
    '/api/domains/:subdomain',
    {
      schema: {
        summary: 'Whether a subdomain can be had',
        params: Type.Object({ subdomain: Type.String({ maxLength: 300 }) }),
        response: { 200: AvailabilityView },
      },
    },
    async (request, reply) => {
      const subdomain = normalizeSubdomain(request.params.subdomain)
      const shown = subdomain ?? request.params.subdomain
      const hostname = hostnameOf(deps.config.domain, shown)
      const reason = await whyNot(deps, subdomain)
      const outside = reason === undefined ? await askCloudflare(deps, hostname, untilGone(reply)) : { reason }
      return { subdomain: shown, hostname, available: outside.reason === undefined, ...outside }
    },
  )
}

async function listDomains(deps: Deps): Promise<DomainView[]> {
  const ports = await listPorts(deps.db)
  const standing = (await listStanding(deps.db)).filter((it) => it.state === 'present')
  return (await listDeployments(deps.db)).map(({ id, subdomain, liveRelease }) => {
    const has = (kind: string) => standing.some((it) => it.deploymentId === id && it.kind === kind)
    return {
      subdomain,
      hostname: hostnameOf(deps.config.domain, subdomain),
      deploymentId: id,
      port: ports.find((it) => it.deployment_id === id && it.release === liveRelease)?.port ?? null,
      vhost: has('vhost'),
      tunnel: has('tunnel-route'),
      dns: has('dns-record'),
    }
  })
}

async function whyNot(deps: Deps, subdomain: string | undefined): Promise<string | undefined> {
  if (subdomain === undefined)
    return 'A subdomain has 1 to 63 letters a–z, digits and hyphens, and neither begins nor ends with a hyphen.'
  if (isReservedSubdomain(subdomain)) return `${subdomain} is reserved.`
  const taken = await findBySubdomain(deps.db, subdomain)
  return taken && `${subdomain} is taken by ${taken.name}.`
}

/** Whether a record or a route of somebody else is in the way; what cannot be found out is no reason against it. */
async function askCloudflare(
  { cloudflare }: Deps,
  hostname: string,
  gone: AbortSignal,
): Promise<{ reason?: string; note?: string }> {
  const limit = AbortSignal.timeout(CLOUDFLARE_MS)
  try {
    await cloudflare?.checkHostname(hostname, '', AbortSignal.any([gone, limit]))
    return {}
  } catch (error) {
    if (gone.aborted) throw new AppError('cancelled', 'Nobody waits for the answer any more.', { cause: error })
    if (limit.aborted) return { note: notKnown(`Cloudflare did not answer within ${CLOUDFLARE_MS / 1000} seconds.`) }
    if (!(error instanceof AppError)) throw error
    const isTaken = error.code === 'dns_record_foreign' || error.code === 'tunnel_route_foreign'
    return isTaken ? { reason: error.message } : { note: notKnown(error.message) }
  }
}

const notKnown = (why: string) =>
  `Whether it is in use at Cloudflare is not known, and looked at again by the deploy: ${why}`
