import { setTimeout as sleep } from 'node:timers/promises'
import type { Ask } from '../../adapters/github-api.ts'
import { createComment, listComments, updateComment } from '../../adapters/github-comments.ts'
import {
  type Deployment,
  findDeployment,
  listPreviews,
  type PullRequest,
  updateDeployment,
} from '../../db/deployments.ts'
import { listReleaseHeads } from '../../db/releases.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { SlipwayEvent } from '../../events.ts'
import { addressOf } from '../address.ts'
import { repositoryApi } from '../repository-api.ts'
import { describeGone, describePreview, describeRefusal } from './comment-text.ts'

const END_MS = 1000

type App = Pick<Deployment, 'id' | 'name' | 'githubUrl'>

/** By this the one comment of an app on a pull request is found again. Nobody sees it. */
const markOf = ({ config }: Deps, app: App) => `<!-- slipway:preview:${config.instance}:${app.id} -->`

const write = (deps: Deps, app: App, text: string) =>
  `${markOf(deps, app)}\n**Preview of ${app.name.replaceAll(/[^\p{L}\p{N} .-]/gu, ' ')}**\n\n${text}\n`

/**
 * Keeps one comment on each pull request that says how its preview stands. Best effort: where GitHub refuses, the preview
 * is there all the same. Answers the function that ends it.
 */
export function watchComments(deps: Deps): () => Promise<void> {
  const queue = createNewestInTurn(deps)
  /** Previews that go, for the last word: then their rows are gone. */
  const going = new Map<string, { app: App; pullRequest: PullRequest }>()
  /** What each says: GitHub counts what is written, and most events change nothing about it. */
  const said = new Map<string, string>()

  async function remember(preview: Deployment) {
    const app = preview.previewOf ? await findDeployment(deps.db, preview.previewOf) : undefined
    if (app && preview.pullRequest) going.set(preview.id, { app, pullRequest: preview.pullRequest })
  }

  async function update(id: string) {
    const preview = await findDeployment(deps.db, id)
    if (!preview?.pullRequest) return
    if (preview.status === 'deleting') return remember(preview)
    const text = await describe(deps, preview, preview.pullRequest)
    if (text === '' || said.get(id) === text) return
    await tell(deps, preview, preview.pullRequest, text)
    said.set(id, text)
  }

  async function sayGone(id: string) {
    const last = going.get(id)
    going.delete(id)
    said.delete(id)
    if (last?.pullRequest.commentId === undefined) return
    await publish(deps, last.app, last.pullRequest, describeGone(last.pullRequest.sha))
  }

  const listen = (event: SlipwayEvent) => {
    if (event.type === 'deployment' || event.type === 'release')
      queue.take(event.deployment, () => update(event.deployment))
    if (event.type === 'deleted') queue.take(event.deployment, () => sayGone(event.deployment))
  }
  const unsubscribe = deps.events.subscribe(listen)
  queue.take('', async () => {
    for (const preview of await listPreviews(deps.db)) if (preview.status === 'deleting') await remember(preview)
  })
  return async () => {
    unsubscribe()
    // A request that GitHub does not answer is not waited for.
    await Promise.race([queue.rest(), sleep(END_MS, undefined, { ref: false })])
  }
}

/** One piece of work at a time for each name, in order; of several that wait only the last is done. */
function createNewestInTurn({ log }: Deps) {
  const waiting = new Map<string, (() => Promise<void>) | undefined>()
  const working = new Set<Promise<void>>()

  async function work(name: string) {
    for (let next = waiting.get(name); next; next = waiting.get(name)) {
      waiting.set(name, undefined)
      await next().catch((error: unknown) => log.info({ err: error }, 'a comment on a pull request was not written'))
    }
    waiting.delete(name)
  }

  return {
    take(name: string, next: () => Promise<void>) {
      const isWorking = waiting.has(name)
      waiting.set(name, next)
      if (isWorking) return
      const done = work(name).finally(() => working.delete(done))
      working.add(done)
    },
    rest: async () => void (await Promise.all(working)),
  }
}

async function describe(deps: Deps, preview: Deployment, pullRequest: PullRequest): Promise<string> {
  const releases = await listReleaseHeads(deps.db, preview.id)
  const address = addressOf(deps, preview.subdomain)
  const logs = `${deps.config.publicUrl}/apps/${preview.id}/logs`
  return describePreview({ preview: { ...preview, pullRequest }, releases, address, logs })
}

async function tell(deps: Deps, preview: Deployment, pullRequest: PullRequest, text: string): Promise<void> {
  const app = preview.previewOf ? await findDeployment(deps.db, preview.previewOf) : undefined
  if (!app) return
  const commentId = await publish(deps, app, pullRequest, text)
  if (commentId === undefined || commentId === pullRequest.commentId) return
  await deps.db.transaction().execute(async (db) => {
    const current = (await findDeployment(db, preview.id))?.pullRequest
    if (current) await updateDeployment(db, preview.id, { pullRequest: { ...current, commentId } })
  })
}

/** Writes the comment, or changes it. Answers its id; undefined where nobody may speak at GitHub. */
async function publish(deps: Deps, app: App, pullRequest: PullRequest, text: string): Promise<number | undefined> {
  const api = await repositoryApi(deps, app)
  if (!api) return undefined
  const { ask, repository } = api
  const { number, commentId } = pullRequest
  const body = write(deps, app, text)
  if (commentId !== undefined && (await updateComment(ask, repository, commentId, body))) return commentId
  const found = (await listComments(ask, repository, number)).find((it) => it.body.includes(markOf(deps, app)))
  if (found && (await updateOurs(ask, repository, found.id, body))) return found.id
  return createComment(ask, repository, number, body)
}

/** Whoever copies our mark into a comment of theirs does not keep us from writing our own. */
async function updateOurs(ask: Ask, repository: { owner: string; name: string }, id: number, body: string) {
  return updateComment(ask, repository, id, body).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'github_denied') return false
    throw error
  })
}

/** Says on a pull request why it has no preview. Nobody waits for it. */
export function tellRefusal(deps: Deps, app: App, pullRequest: PullRequest, { message }: AppError): void {
  publish(deps, app, pullRequest, describeRefusal(message)).catch((error: unknown) =>
    deps.log.info({ err: error, deployment: app.id }, 'a comment on a pull request was not written'),
  )
}
