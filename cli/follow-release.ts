import type { StatusView, StepView } from '../server/http/views.ts'
import { duration } from '../web/src/ui/format.ts'
import type { Client } from './client.ts'
import type { Context } from './context.ts'
import { Failure } from './failure.ts'
import { poll } from './poll.ts'
import { createLogReader } from './read-log.ts'
import { dim, green, red } from './render.ts'

type ReleaseStatus = NonNullable<StatusView['releaseStatus']>

const MOVING: readonly ReleaseStatus[] = ['queued', 'running', 'undoing']
/** It served, even if a newer one has taken over since. */
const SERVED: readonly ReleaseStatus[] = ['live', 'retiring', 'retired', 'pruned']

export type Ended = { release: number; status: StatusView }

export const newestRelease = async (client: Client, id: string): Promise<number> =>
  (await getStatus(client, id)).release ?? 1

const getStatus = (client: Client, id: string, release?: number) =>
  client.request<StatusView>('GET', `/api/status/${id}`, { query: { release } })

/**
 * Shows the build log and each step as it ends, until the release serves or has failed and is undone.
 * @throws Failure of the step that failed; superseded when a newer wish took its place
 */
export async function followRelease(context: Context, client: Client, id: string, release: number): Promise<Ended> {
  const readLog = createLogReader(client, id, { kind: 'build', release })
  const told = new Set<string>()
  const look = async () => {
    const status = await getStatus(client, id, release).catch(deletedMeanwhile)
    if (!context.isJson) for (const { text } of await readLog()) context.note(dim(`  │ ${text}`))
    for (const step of status.steps) tellEnd(context, step, told)
    return isOver(status) ? status : undefined
  }
  const status = await poll(context, look)
  if (status.releaseStatus !== null && SERVED.includes(status.releaseStatus)) return { release, status }
  throw await failureOf(client, id, release, status)
}

/** The step that makes it live ends a moment later than the release is live. */
const isOver = ({ releaseStatus, steps }: StatusView) =>
  releaseStatus === null ||
  (!MOVING.includes(releaseStatus) && steps.find((it) => it.name === 'prove-live')?.state !== 'running')

function tellEnd(context: Context, { name, state, isNeeded, startedAt, endedAt, error }: StepView, told: Set<string>) {
  if (told.has(name) || startedAt === null || endedAt === null || (state !== 'failed' && !isNeeded)) return
  told.add(name)
  const took = dim(duration(Date.parse(endedAt) - Date.parse(startedAt)))
  const sign = state === 'failed' || error ? red('✗') : green('✓')
  context.note(`${sign} ${name} ${took}`)
}

async function failureOf(client: Client, id: string, release: number, status: StatusView): Promise<Failure> {
  const failed = status.steps.findLast((it) => it.state === 'failed' && it.error)
  if (!failed && (await newestRelease(client, id)) > release) return supersededBy(release)
  const reason = failed?.error ?? status.error
  const step = reason?.step ?? failed?.name
  const detail = { deploymentId: id, release, ...(step !== undefined && { step }) }
  if (reason) return new Failure(reason.code, reason.message, { hint: reason.hint, detail })
  return new Failure('not_live', `Release ${release} was taken out of the queue before it began.`, { detail })
}

const supersededBy = (release: number) =>
  new Failure('superseded', `Release ${release} was not deployed: a newer one took its place.`, { detail: { release } })

const deletedMeanwhile = (error: unknown) => {
  if (!(error instanceof Failure) || error.code !== 'not_found') throw error
  throw new Failure('cancelled', 'The app was deleted meanwhile.')
}
