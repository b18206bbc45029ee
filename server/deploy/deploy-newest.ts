import type { Outcome } from '../db/deliveries.ts'
import { type Deployment, findDeployment } from '../db/deployments.ts'
import { type Job, listJobs, postponeJob } from '../db/jobs.ts'
import { type Cause, findRelease, type Release, updateRelease } from '../db/releases.ts'
import type { Db } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { redeployApp } from './commands.ts'
import { createInTurn } from './in-turn.ts'
import type { Queue } from './queue.ts'

/** While a deploy is on its way, the next one waits until so long after the last push, but no longer than `LONGEST_MS`. */
const SETTLE_MS = 3000
const LONGEST_MS = 60_000

type NewCommit = Cause & { sha: string }

/** A webhook and the round that asks for pushes may find the same commit at once. */
const inTurn = createInTurn()

/**
 * Deploys a branch's newest commit after a push. A deploy that waits to be started takes it along: it clones the branch
 * as it is then. Answers what came of it.
 */
export async function deployNewest(
  deps: Deps,
  queue: Queue,
  deployment: Deployment,
  cause: NewCommit,
): Promise<Outcome> {
  return inTurn(deployment.id, async () => {
    const taken = await deps.db.transaction().execute((db) => takeAlong(db, deployment.id, cause))
    if (taken === undefined) return await redeploy(deps, queue, deployment, cause)
    if (taken.deployed) queue.kick()
    return taken
  })
}

/** What came of the commit without a deploy of its own; undefined where it needs one. */
async function takeAlong(db: Db, deploymentId: string, cause: NewCommit): Promise<Outcome | undefined> {
  const jobs = (await listJobs(db, { deploymentId })).filter((it) => it.kind === 'deploy')
  const waiting = jobs.find((it) => it.state === 'queued')
  if (waiting && (await joins(db, waiting, cause)))
    return { deployed: true, reason: 'The deploy that waits its turn takes this commit, too.' }
  const running = jobs.find((it) => it.state === 'running')
  const current = running?.release ?? (await findDeployment(db, deploymentId))?.liveRelease ?? null
  const release = current === null ? undefined : await findRelease(db, deploymentId, current)
  // One that is still being cloned was asked for after that commit was there.
  const sha = release?.commit?.sha ?? (running && release?.cause.sha)
  if (sha !== cause.sha) return undefined
  return { deployed: false, reason: running ? 'This commit is on its way already.' : 'This commit is live already.' }
}

async function redeploy(deps: Deps, queue: Queue, deployment: Deployment, cause: NewCommit): Promise<Outcome> {
  try {
    await redeployApp(deps, queue, deployment, { cause, settleMs: SETTLE_MS })
    return { deployed: true, reason: 'A deploy was asked for.' }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_possible_now') throw error
    return { deployed: false, reason: error.message }
  }
}

/** A rollback or an old commit that waits is not what a push is about: the newest wish wins. */
async function joins(db: Db, job: Job, cause: NewCommit): Promise<boolean> {
  const release = await findRelease(db, job.deploymentId, job.release ?? 0)
  if (!release || release.imageFrom !== null || release.inputs.commit !== undefined) return false
  if (!(await postponeJob(db, job.id, settledAt(release)))) return false
  if (release.cause.kind !== 'user') await updateRelease(db, release, { cause })
  return true
}

const settledAt = ({ createdAt }: Release) =>
  new Date(Math.min(Date.now() + SETTLE_MS, Date.parse(createdAt) + LONGEST_MS)).toISOString()
