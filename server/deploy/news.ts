import { findDeployment, listDeployments } from '../db/deployments.ts'
import { queueNews } from '../db/news.ts'
import { findRelease, listReleases, type Release } from '../db/releases.ts'
import type { Db, StoredError } from '../db/schema.ts'
import { readSetting, writeSetting } from '../db/settings.ts'
import { findTold, saveTold } from '../db/told.ts'
import type { Deps } from '../deps.ts'
import type { SlipwayEvent } from '../events.ts'
import { createMask } from '../mask.ts'
import type { News } from '../news.ts'
import { openEnv, secretsOf } from './context.ts'
import { type Disk, decideAfterDeploy, decideDeploy, decideDisks, decideHealth } from './decide-news.ts'
import { createDiskReader } from './disks.ts'
import { whyEnded } from './end-of-release.ts'
import { readGithubToken } from './github-token.ts'
import { tellAppDown, tellAppRecovered, tellDeployFailed, tellDeployRecovered, tellDiskFull } from './news-words.ts'
import { runPostDeploy } from './steps/run-post-deploy.ts'

export type Newsroom = {
  /** Begins with what happened while the server was down. */
  start(): void
  stop(): Promise<void>
}

type Ended = { release: number; status: 'live' | 'failed'; error?: StoredError | undefined }

const DISKS_TOLD = 'news.disks'

/**
 * Turns what happens into news: decides from the tables what has not been told yet, and writes the news down for each
 * channel in the same transaction that notes that it was told. `onNews` is called after that, and each round. Nothing
 * waits for it.
 */
export function createNewsroom(
  deps: Deps,
  onNews: () => void,
  readDisks: () => Promise<Disk[]> = createDiskReader(deps),
): Newsroom {
  const roundMs = deps.config.reconcileSeconds * 1000
  let timer: NodeJS.Timeout | undefined
  let unsubscribe: () => void = () => undefined
  /** One after the other, so that two never tell the same. */
  let last: Promise<void> = Promise.resolve()

  function then(work: () => Promise<void>): void {
    last = last.then(work).catch((error: unknown) => deps.log.error({ err: error }, 'news could not be written down'))
  }

  function hear(event: SlipwayEvent): void {
    if (event.type === 'deployment') then(() => look(event.deployment))
    if (event.type !== 'release' || (event.status !== 'live' && event.status !== 'failed')) return
    const { deployment, release, status, error } = event
    then(() => heed(deployment, { release, status, error }))
  }

  /** The end of a release. A preview is its pull request's affair, which has a status of its own. */
  async function heed(id: string, ended: Ended): Promise<void> {
    await tell(async (db) => {
      const deployment = await findDeployment(db, id)
      const release = await findRelease(db, id, ended.release)
      if (!deployment || !release || deployment.previewOf !== null) return []
      const { told, news } = decideDeploy(await findTold(db, id), ended)
      await saveTold(db, id, told)
      const it = { deps, deployment, release, at: new Date() }
      if (news === 'deploy-recovered') return [tellDeployRecovered(it)]
      return news && ended.error ? [tellDeployFailed(it, await masked({ ...deps, db }, release, ended.error))] : []
    })
  }

  /** How an app is now. */
  async function look(id: string): Promise<void> {
    await tell(async (db) => {
      const deployment = await findDeployment(db, id)
      if (!deployment || deployment.previewOf !== null) return []
      const before = await findTold(db, id)
      const at = new Date()
      const hasFailed = deployment.error?.step === runPostDeploy.name
      const after = decideAfterDeploy(before, deployment.liveRelease, hasFailed)
      const { told, news } = decideHealth(after.told, deployment, at, roundMs)
      if (JSON.stringify(told) !== JSON.stringify(before)) await saveTold(db, id, told)
      if (news === undefined && after.news === undefined) return []
      const release = await findRelease(db, id, deployment.liveRelease ?? 0)
      const error = deployment.error && release ? await masked({ ...deps, db }, release, deployment.error) : null
      const it = { deps, deployment, release, at }
      return [
        ...(after.news && release && error ? [tellDeployFailed({ ...it, release }, error)] : []),
        ...(news === 'app-down' ? [tellAppDown(it, error)] : []),
        ...(news === 'app-recovered' ? [tellAppRecovered(it)] : []),
      ]
    })
  }

  async function lookAround(): Promise<void> {
    for (const { id } of await listDeployments(deps.db)) await look(id)
    const disks = await readDisks()
    await tell(async (db) => {
      const before = JSON.parse((await readSetting(db, DISKS_TOLD)) ?? '[]') as string[]
      const { told, news } = decideDisks(before, disks, deps.config.diskWarnPercent / 100)
      if (JSON.stringify(told) !== JSON.stringify(before)) await writeSetting(db, DISKS_TOLD, JSON.stringify(told))
      return news.map((disk) => tellDiskFull(deps, disk, new Date()))
    })
    onNews()
  }

  /** Releases that ended while nobody could write it down: the server died in that moment. */
  async function catchUp(): Promise<void> {
    for (const { id } of await listDeployments(deps.db)) {
      const { release: known } = await findTold(deps.db, id)
      const ends = (await listReleases(deps.db, id))
        .filter((it) => it.number > known)
        .sort((a, b) => a.number - b.number)
      for (const release of ends) {
        const { number, status } = release
        const error = await whyEnded(deps.db, release)
        if (status === 'live' || (status === 'failed' && error)) await heed(id, { release: number, status, error })
      }
    }
  }

  async function tell(decide: (db: Db) => Promise<News[]>): Promise<void> {
    const count = await deps.db.transaction().execute(async (db) => {
      const news = await decide(db)
      for (const it of news) await queueNews(db, it)
      return news.length
    })
    if (count > 0) onNews()
  }

  return {
    start() {
      unsubscribe = deps.events.subscribe(hear)
      then(catchUp)
      then(lookAround)
      timer = setInterval(() => then(lookAround), roundMs).unref()
    },
    async stop() {
      unsubscribe()
      clearInterval(timer)
      await last
    },
  }
}

/** What a step says was masked when it was stored; an error that came another way is masked here. */
async function masked(deps: Deps, release: Release, error: StoredError): Promise<StoredError> {
  const github = await readGithubToken(deps)
  const tokens = [github?.token, deps.config.cloudflare?.apiToken].filter((it) => it !== undefined)
  const mask = createMask([...secretsOf(openEnv(deps, release.deploymentId, release.env)), ...tokens])
  return {
    ...error,
    message: mask(error.message),
    ...(error.hint !== undefined && { hint: mask(error.hint) }),
  }
}
