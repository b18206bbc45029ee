import { crossOut, listLedger } from '../../db/ledger.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'

/** The step that the containers of jobs stand under on the ledger. */
export const JOB_STEP = 'run-schedules'

export type JobContainer = { deploymentId: string; release: number; name: string }

/** What a job makes: a container, and a network of the same name, so that it can outlast the release it was started in. */
export const effectsOf = (name: string) => [
  { kind: 'container', name },
  { kind: 'network', name },
]

/** The job containers of a deployment that may exist. */
export async function listStandingJobs(db: Deps['db'], deploymentId: string): Promise<JobContainer[]> {
  const standing = (await listLedger(db, deploymentId)).filter(
    (it) => it.step === JOB_STEP && it.state !== 'removed' && it.kind === 'container',
  )
  return standing.map(({ release, name }) => ({ deploymentId, release, name }))
}

/** SIGTERM, and what is left after 10 s goes by force. Fine when nothing is there. */
export async function removeJobContainer({ docker }: Pick<Deps, 'docker'>, job: JobContainer): Promise<void> {
  const found = await docker.inspectContainer(job.name)
  if (found?.labels['slipway.deployment'] === job.deploymentId) await docker.stopContainer(job.name)
  await docker.removeContainer(job.name, job.deploymentId)
  await docker.removeNetwork(job.name)
}

/** Takes container and network away, looks that they are gone, and notes it. */
export async function takeAwayJob(deps: Pick<Deps, 'docker' | 'db'>, job: JobContainer): Promise<void> {
  await removeJobContainer(deps, job)
  if ((await deps.docker.inspectContainer(job.name)) || (await deps.docker.hasNetwork(job.name)))
    throw new AppError('internal', `The container ${job.name} is still there after it was removed.`)
  await crossOut(deps.db, { ...job, step: JOB_STEP }, job.name)
}
