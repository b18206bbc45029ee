import { setTimeout as sleep } from 'node:timers/promises'
import type { Ask } from '../../adapters/github-api.ts'
import { type Deployment, listDeployments, listPreviews } from '../../db/deployments.ts'
import { hasReceiptSince } from '../../db/receipts.ts'
import type { Deps } from '../../deps.ts'
import { previewSubdomain } from '../../preview-name.ts'
import { closePreview, onPullRequest } from '../previews.ts'
import type { Queue } from '../queue.ts'
import { repositoryApi } from '../repository-api.ts'
import { beginWaiting } from './begin.ts'
import { watchComments } from './comments.ts'
import { readPullRequest } from './pull-request.ts'

/** How often GitHub is asked for pull requests: what it tells by itself may get lost while Slipway is down. */
const ASK_MS = 10 * 60_000
const FIRST_MS = 10_000
const PAGES = 20
/** Each of them has up to 90 KiB. */
const PER_PAGE = 5

/** What goes on with previews while the server runs. Answers the function that ends it. */
export function watchPreviews(deps: Deps, queue: Queue): () => Promise<void> {
  const end = new AbortController()
  const endComments = watchComments(deps)
  const unsubscribe = deps.events.subscribe((event) => {
    if (event.type === 'deleted')
      void beginWaiting(deps, queue).catch((error) => deps.log.error({ err: error }, FAILED))
  })
  const rounds = askInRounds(deps, queue, end.signal)
  return async () => {
    end.abort()
    unsubscribe()
    await Promise.all([rounds, endComments()])
  }
}

const FAILED = 'a round of the previews failed'

async function askInRounds(deps: Deps, queue: Queue, signal: AbortSignal): Promise<void> {
  let ms = FIRST_MS
  while (!signal.aborted) {
    await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined)
    if (signal.aborted) return
    await checkPulls(deps, queue, signal).catch((error: unknown) => deps.log.error({ err: error }, FAILED))
    ms = ASK_MS
  }
}

/** Part of each round of the reconciler: previews whose time is over go, and those that waited for room begin. */
export async function tendPreviews(deps: Deps, queue: Queue): Promise<void> {
  const at = new Date().toISOString()
  for (const preview of await listPreviews(deps.db)) {
    const isOver = preview.expiresAt !== null && preview.expiresAt <= at
    if (isOver && preview.status !== 'deleting') await closePreview(deps, queue, preview)
  }
  await beginWaiting(deps, queue)
}

/** Asks GitHub how the pull requests stand, and does what an event would have done that was missed. */
export async function checkPulls(deps: Deps, queue: Queue, signal?: AbortSignal): Promise<void> {
  const previews = Map.groupBy(await listPreviews(deps.db), (it) => it.previewOf)
  for (const app of await listDeployments(deps.db)) {
    const own = previews.get(app.id) ?? []
    if (app.previewOf !== null || (!app.delivery.previews.isEnabled && own.length === 0)) continue
    if (signal?.aborted) return
    await checkApp(deps, queue, app, own, signal).catch((error: unknown) => noteUntold(deps, app, error))
  }
}

/** Looks for the pull requests that are open already. Nobody waits for it. */
export function findOpenPulls(deps: Deps, queue: Queue, app: Deployment): void {
  const look = async () => checkApp(deps, queue, app, await listPreviews(deps.db, app.id))
  look().catch((error: unknown) => noteUntold(deps, app, error))
}

const noteUntold = ({ log }: Deps, app: Deployment, error: unknown) =>
  log.info({ err: error, deployment: app.id }, 'GitHub did not tell about pull requests')

async function checkApp(
  deps: Deps,
  queue: Queue,
  app: Deployment,
  previews: Deployment[],
  signal?: AbortSignal,
): Promise<void> {
  const api = await repositoryApi(deps, app)
  if (!api) return
  const { ask, repository } = api
  const base = `/repos/${repository.owner}/${repository.name}/pulls`
  const open = await listOpen(ask, base, signal)
  for (const pull of open) await catchUp(deps, queue, app, previews, pull)
  const listed = new Set(open.map((it) => readPullRequest(it)?.pullRequest.number))
  for (const preview of previews.filter((it) => !listed.has(it.pullRequest?.number))) {
    const { status, body } = await ask('GET', `${base}/${preview.pullRequest?.number}`, signal)
    const isClosed = status === 200 && (body as { state?: unknown } | null)?.state === 'closed'
    if (isClosed && preview.status !== 'deleting') await closePreview(deps, queue, preview)
  }
}

/** A preview that was removed does not come again by itself: it takes a push. */
async function catchUp(
  deps: Deps,
  queue: Queue,
  app: Deployment,
  previews: Deployment[],
  pull: { created_at?: unknown },
): Promise<void> {
  const read = readPullRequest(pull)
  if (!read) return
  const { number, sha } = read.pullRequest
  const known = previews.find((it) => it.pullRequest?.number === number)?.pullRequest
  if (known?.sha === sha) return
  const since = typeof pull.created_at === 'string' ? pull.created_at : ''
  if (!known && (await hasReceiptSince(deps.db, previewSubdomain(app.subdomain, number), since))) return
  await onPullRequest(deps, queue, app, { action: known ? 'synchronize' : 'opened', ...read })
}

async function listOpen(ask: Ask, base: string, signal?: AbortSignal): Promise<{ created_at?: unknown }[]> {
  const all: { created_at?: unknown }[] = []
  for (let page = 1; page <= PAGES; page++) {
    const { status, body } = await ask('GET', `${base}?state=open&per_page=${PER_PAGE}&page=${page}`, signal)
    if (status !== 200 || !Array.isArray(body)) break
    all.push(...body)
    if (body.length < PER_PAGE) break
  }
  return all
}
