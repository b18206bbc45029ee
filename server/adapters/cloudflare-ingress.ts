import { AppError } from '../errors.ts'

/** A rule of a tunnel's configuration. Fields we do not know are kept. */
export type IngressRule = {
  hostname?: string
  path?: string
  service: string
  originRequest?: Record<string, unknown>
  [more: string]: unknown
}

/** The configuration document of a tunnel, which every write replaces as a whole. */
export type TunnelConfig = { ingress?: IngressRule[]; [more: string]: unknown }

export type Route = { hostname: string; service: string; deploymentId?: string }

/** What a route should be. */
export type WantedRoute = { hostname: string; service: string; mark: string }

/**
 * The owner mark of our rules, written to `originRequest.originServerName`. Rules have no comment; that field names the
 * certificate expected from an https origin and is not looked at for our http one (docs/decisions/ingress-mark.md).
 */
export const routeMark = (instance: string, deploymentId: string) => `slipway.${instance}.${deploymentId}`

/** The configuration with the route in it; the same object when it is there and effective already. */
export function withRoute(config: TunnelConfig, wanted: WantedRoute): TunnelConfig {
  refuseForeignRule(config, wanted)
  const rules = config.ingress ?? []
  if (routeIsRight(rules, wanted)) return config
  const mine = rules.find((rule) => isMine(rule, wanted))
  const others = rules.filter((rule) => !isMine(rule, wanted))
  const place = others.findIndex((rule) => covers(rule, wanted.hostname))
  const ingress = others.toSpliced(place === -1 ? others.length : place, 0, ruleFor(wanted, mine))
  return { ...config, ingress: endsInCatchAll(others) ? ingress : [...ingress, { service: 'http_status:404' }] }
}

/** The configuration without our route; the same object when there is none. */
export function withoutRoute(config: TunnelConfig, route: { hostname: string; mark: string }): TunnelConfig {
  const ingress = config.ingress?.filter((rule) => !isMine(rule, route))
  return ingress === undefined || ingress.length === config.ingress?.length ? config : { ...config, ingress }
}

/** @throws AppError tunnel_route_foreign when a rule without this mark names the hostname. */
export function refuseForeignRule(config: TunnelConfig, route: { hostname: string; mark: string }): void {
  const foreign = config.ingress?.find((rule) => names(rule, route.hostname) && !isMine(rule, route))
  if (foreign === undefined) return
  throw new AppError(
    'tunnel_route_foreign',
    `The tunnel already routes ${route.hostname} to ${foreign.service}, and not for this deployment. Choose another subdomain, or remove that public hostname in Cloudflare's dashboard.`,
    { field: 'subdomain' },
  )
}

export const hasRoute = (config: TunnelConfig, route: { hostname: string; mark: string }): boolean =>
  config.ingress?.some((rule) => isMine(rule, route)) ?? false

/** The rules that carry our instance's mark. */
export function routesOf(config: TunnelConfig, instance: string): Route[] {
  const prefix = routeMark(instance, '')
  return (config.ingress ?? []).flatMap((rule) => {
    const mark = markIn(rule)
    if (!mark?.startsWith(prefix) || rule.hostname === undefined) return []
    return [{ hostname: rule.hostname.toLowerCase(), service: rule.service, deploymentId: mark.slice(prefix.length) }]
  })
}

/** The rule that answers before ours and takes our visitors, if there is one. */
export function shadowOf(config: TunnelConfig, hostname: string): IngressRule | undefined {
  const rules = config.ingress ?? []
  const own = rules.findIndex((rule) => names(rule, hostname))
  return rules.slice(0, Math.max(own, 0)).find((rule) => covers(rule, hostname))
}

function routeIsRight(rules: IngressRule[], wanted: WantedRoute): boolean {
  const [first, ...more] = rules.filter((rule) => covers(rule, wanted.hostname))
  return (
    first !== undefined &&
    isMine(first, wanted) &&
    !more.some((rule) => isMine(rule, wanted)) &&
    first.service === wanted.service &&
    !first.path
  )
}

/** Settings that somebody made on our rule in the dashboard are kept; a path would hide part of the app. */
function ruleFor(wanted: WantedRoute, previous: IngressRule | undefined): IngressRule {
  const { path: _path, ...kept } = previous ?? {}
  const originRequest = { ...previous?.originRequest, originServerName: wanted.mark }
  return { hostname: wanted.hostname, ...kept, service: wanted.service, originRequest }
}

function markIn(rule: IngressRule): string | undefined {
  const name = rule.originRequest?.originServerName
  return typeof name === 'string' ? name : undefined
}

const isMine = (rule: IngressRule, route: { hostname: string; mark: string }) =>
  names(rule, route.hostname) && markIn(rule) === route.mark

const names = (rule: IngressRule, hostname: string) => rule.hostname?.toLowerCase() === hostname.toLowerCase()

/**
 * Whether requests for the hostname, or some of them, end at this rule when none before it took them: cloudflared's own
 * rule, `Rule.Matches` and `matchHost` in its ingress package. The first match wins.
 */
function covers(rule: IngressRule, hostname: string): boolean {
  const pattern = (rule.hostname ?? '').toLowerCase()
  if (pattern === '' || pattern === '*') return true
  return pattern.startsWith('*.') ? hostname.toLowerCase().endsWith(pattern.slice(1)) : names(rule, hostname)
}

/** cloudflared refuses a configuration whose last rule does not match everything (`validateHostname`). */
function endsInCatchAll(rules: IngressRule[]): boolean {
  const last = rules.at(-1)
  return last !== undefined && (!last.hostname || last.hostname === '*') && !last.path
}
