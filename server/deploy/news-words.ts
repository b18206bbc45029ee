import type { Deployment } from '../db/deployments.ts'
import type { Release } from '../db/releases.ts'
import type { StoredError } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import type { News } from '../news.ts'
import { addressOf } from './address.ts'
import type { Disk } from './decide-news.ts'
import { usedShare } from './read-disk.ts'

type About = { deps: Pick<Deps, 'config'>; deployment: Deployment; release?: Release | undefined; at: Date }

/** What every piece of news about an app has; `page` is below the app's own page. */
function about({ deps: { config }, deployment, release, at }: About, page: string) {
  const { id, name } = deployment
  const subdomain = release?.number === deployment.liveRelease ? release.subdomain : deployment.subdomain
  const { sha, message, author } = release?.commit ?? {}
  return {
    url: `${config.publicUrl}/apps/${id}${page}`,
    app: { id, name, url: addressOf({ config }, subdomain) },
    ...(release && { release: release.number }),
    ...(sha !== undefined && { commit: { sha, message: firstLine(message), author: author ?? '' } }),
    at: at.toISOString(),
  }
}

const firstLine = (text = '') => text.split('\n', 1)[0] ?? ''
const hintOf = ({ hint }: StoredError) => (hint === undefined ? {} : { hint })

export function tellDeployFailed(it: About & { release: Release }, error: StoredError): News {
  const { deployment, release } = it
  const { liveRelease } = deployment
  const rest = liveRelease === null ? 'Nothing of it is live.' : `Release ${liveRelease} goes on serving.`
  return {
    type: 'deploy-failed',
    title: `${deployment.name}: the deploy of release ${release.number} failed`,
    message: `${sentence(error.message)} ${rest}`,
    ...hintOf(error),
    ...about(it, `/logs?kind=build&release=${release.number}&show=failure`),
  }
}

export function tellDeployRecovered(it: About & { release: Release }): News {
  const { deployment, release } = it
  return {
    type: 'deploy-recovered',
    title: `${deployment.name}: deploys work again`,
    message: `Release ${release.number} is live, after the deploy before it had failed. There is nothing to do.`,
    ...about(it, ''),
  }
}

export function tellAppDown(it: About, error: StoredError | null): News {
  return {
    type: 'app-down',
    title: `${it.deployment.name} is down`,
    message: sentence(error?.message ?? 'The app does not run. Look at its log.'),
    ...(error && hintOf(error)),
    ...about(it, '/logs?kind=runtime&show=failure'),
  }
}

export function tellAppRecovered(it: About): News {
  return {
    type: 'app-recovered',
    title: `${it.deployment.name} is up again`,
    message: 'The app runs again, and has for a while. Its log says what happened before.',
    ...about(it, '/logs?kind=runtime'),
  }
}

export function tellDiskFull({ config }: Pick<Deps, 'config'>, disk: Disk, at: Date): News {
  const percent = Math.floor(usedShare(disk) * 100)
  return {
    type: 'disk-nearly-full',
    title: `The disk is ${percent} % full`,
    message: `On the disk of ${disk.folder} ${gib(disk.free)} of ${gib(disk.total)} GiB are free. A full disk stops deploys, and apps that write.`,
    hint: 'Delete what is not needed any more: docker system df shows what takes space. Lower SLIPWAY_BUILD_CACHE_MB, or get a larger disk.',
    url: `${config.publicUrl}/machine`,
    at: at.toISOString(),
  }
}

export function tellBackupFailed({ config }: Pick<Deps, 'config'>, message: string, at: Date): News {
  return {
    type: 'backup-failed',
    title: 'A backup failed',
    message: sentence(message),
    hint: 'What was backed up before is still there. Make one by hand when the reason is mended: Settings → Backups.',
    url: `${config.publicUrl}/settings/backups`,
    at: at.toISOString(),
  }
}

export function tellTest({ config }: Pick<Deps, 'config'>, channel: string, at: Date): News {
  return {
    type: 'test',
    title: 'A test of Slipway’s notifications',
    message: `The channel ${channel} works: news of your apps arrives here.`,
    url: `${config.publicUrl}/settings/notifications`,
    at: at.toISOString(),
  }
}

const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(1)
const sentence = (text: string) => (/[.!?…]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`)
