/** Pure names: deployment and release in, the name of every outside effect out. `revert` works from these alone. */

/** What a release's outside names are made from. `subdomain` is the one the release was made for, not the newest wish. */
export type ReleaseRef = { deploymentId: string; subdomain: string; release: number }

export const containerName = (instance: string, ref: ReleaseRef) => `${instance}-${ref.subdomain}-${ref.release}`

/** Runs the release's command before it starts. No app's container ends so: they end with a number. */
export const releaseContainerName = (instance: string, ref: ReleaseRef) => `${containerName(instance, ref)}-release`

/** Run the commands before and after a deploy. */
export const preDeployContainerName = (instance: string, ref: ReleaseRef) => `${containerName(instance, ref)}-pre`
export const postDeployContainerName = (instance: string, ref: ReleaseRef) => `${containerName(instance, ref)}-post`

/** Runs a scheduled job, and is the name of its network: one run of it at a time. */
export const jobContainerName = (instance: string, ref: ReleaseRef, scheduleId: string) =>
  `${containerName(instance, ref)}-job-${scheduleId.slice(0, 8)}`

/** Whether a container is one of a command or a job, not that of an app. */
export const isCommandContainer = (name: string) => /-(release|pre|post|job-[0-9a-f]{8})$/.test(name)

/** The release's own network carries its container's name. */
export const networkName = containerName

export const imageRepository = (instance: string, ref: ReleaseRef) => `${instance}/${ref.subdomain}`

export const imageName = (instance: string, ref: ReleaseRef) => `${imageRepository(instance, ref)}:${ref.release}`

/** Volumes outlive releases and a change of subdomain, so they carry the deployment's id. */
export const volumeName = (instance: string, deploymentId: string, name: string) =>
  `${instance}-${deploymentId}-${name}`

export const hostnameOf = (domain: string, subdomain: string) => `${subdomain}.${domain}`

/** Where GitHub tells a deployment of pushes, below the public URL. */
export const webhookPath = (deploymentId: string) => `/api/webhooks/github/${deploymentId}`

export const webhookName = (repository: string, deploymentId: string) => `${repository} → ${deploymentId}`

/** The owner mark in DNS comments. */
export const markOf = (instance: string, deploymentId: string) => `slipway:${instance}:${deploymentId}`

/** What a deploy key is called at GitHub. */
export const deployKeyTitle = (instance: string, keyId: string) => `slipway:${instance}:${keyId}`

export const labelsOf = (instance: string, ref: ReleaseRef): Record<string, string> => ({
  'slipway.instance': instance,
  'slipway.deployment': ref.deploymentId,
  'slipway.release': String(ref.release),
})

/** First of the 8,192 /28 subnets that app networks are cut from: 198.18.0.0/15, reserved by RFC 2544, never routed. */
const SUBNET_SPACE = 198 * 2 ** 24 + 18 * 2 ** 16
const SUBNET_SIZE = 16
const SUBNET_COUNT = 2 ** 17 / SUBNET_SIZE
const SUBNET_TRIES = 16
/** Odd, so it reaches every subnet; large, so that it leaps over the block of a neighbour. */
const SUBNET_STRIDE = 1021

/**
 * The /28s to try for the network of the release that holds `port`, the usual one first. A port belongs to one release
 * at a time, so the first is free unless another instance on the same engine, or something else, has it.
 */
export function subnetsOf(port: number): string[] {
  return Array.from({ length: SUBNET_TRIES }, (_, attempt) => {
    const address = SUBNET_SPACE + ((port + attempt * SUBNET_STRIDE) % SUBNET_COUNT) * SUBNET_SIZE
    const bytes = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256)
    return `${bytes.join('.')}/28`
  })
}

/** Subdomains that are never handed out: they are ours, the mail system's, or a trap for visitors. */
const RESERVED = new Set(
  'www api admin slipway mail smtp imap pop ftp ns ns1 ns2 mx autoconfig autodiscover localhost status wpad isatap'.split(
    ' ',
  ),
)

export const isReservedSubdomain = (subdomain: string) =>
  RESERVED.has(subdomain) || subdomain.startsWith('xn--') || /^..--/.test(subdomain)

/**
 * The subdomain as it will be used, or undefined when it cannot be one. The raw text is validated first (`domainToASCII`
 * would drop tabs and line ends); full-width and upper-case letters are folded, other scripts are refused.
 */
export function normalizeSubdomain(raw: string): string | undefined {
  const folded = raw.normalize('NFKC').toLowerCase()
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(folded) ? folded : undefined
}

/** A subdomain made from a repository's name: `My.App_2` → `my-app-2`. Falls back to `app`. */
export function suggestSubdomain(repositoryName: string): string {
  const slug = repositoryName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return slug === '' || isReservedSubdomain(slug) ? `app${slug === '' ? '' : `-${slug.replace(/^..--/, '')}`}` : slug
}
