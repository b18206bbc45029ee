import { createHash } from 'node:crypto'

/**
 * What the ids and folders of a repository's cache mounts begin with: the packages its builds download. A build never
 * finds what another repository's build put there, and with the last app of a repository they can be told and go.
 */
export const cacheName = (githubUrl: string) =>
  `slipway-${createHash('sha256').update(githubUrl).digest('hex').slice(0, 12)}`

type Maker = { number: number; isFork: boolean }

/** The same for one build. That of a fork shares nothing: what it leaves would be found by the builds of the app itself. */
export const cacheOf = ({ githubUrl }: { githubUrl: string }, pullRequest: Maker | null) =>
  cacheName(pullRequest?.isFork ? `${githubUrl}#${pullRequest.number}` : githubUrl)
