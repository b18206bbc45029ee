import {
  createHook,
  deleteHook,
  findRepository,
  type Hook,
  listHooks,
  pingHook,
  updateHook,
} from '../adapters/github-webhooks.ts'
import { type Deployment, findDeployment, updateDeployment } from '../db/deployments.ts'
import { now } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { webhookPath } from '../names.ts'
import type { RepositoryApi } from './repository-api.ts'
import { announce } from './status.ts'
import { ensureWebhookSecret } from './webhook-secret.ts'

/** The one webhook of a deployment, found by the path it leads to: the rest of the address may have changed. */

const EVENTS = ['push', 'pull_request'] as const

const isOurs =
  ({ id }: Pick<Deployment, 'id'>) =>
  (hook: Hook) =>
    URL.canParse(hook.url) && new URL(hook.url).pathname.endsWith(webhookPath(id))

/** @throws github_denied, github_unavailable */
export async function findHooks(
  { ask, repository }: RepositoryApi,
  deployment: Pick<Deployment, 'id'>,
  signal?: AbortSignal,
): Promise<Hook[]> {
  return (await listHooks(ask, repository, signal)).filter(isOurs(deployment))
}

/**
 * Makes the webhook, or mends what is there: two of them, as after a crash, become one. The secret is sent again, for
 * nobody can read at GitHub which one it has.
 * @throws github_denied, github_unavailable
 */
export async function putHook(deps: Deps, api: RepositoryApi, deployment: Deployment): Promise<void> {
  const { ask, repository } = api
  const [first, ...more] = await findHooks(api, deployment)
  // Not before GitHub let us look: where there is a secret, a webhook may have been made with it.
  const secret = await ensureWebhookSecret(deps, deployment)
  const settings = { url: `${deps.config.publicUrl}${webhookPath(deployment.id)}`, secret, events: EVENTS }
  for (const hook of more) await deleteHook(ask, repository, hook.id)
  if (!first) return await createHook(ask, repository, settings)
  await updateHook(ask, repository, first.id, settings)
  if (deployment.webhook?.state !== 'active') await pingHook(ask, repository, first.id)
}

/**
 * How long one that was looked for counts as being there, whatever came of it: a look every minute would use up the
 * requests of the hour, or wait for a GitHub that does not answer.
 */
const LOOK_AGAIN_MS = 60 * 60_000

/**
 * Whether the webhook of a live app is there, as far as can be told. Where GitHub says that it does not reach us, pushes
 * are polled for until it does.
 */
export async function lookAtHook(
  deps: Deps,
  id: string,
  findApi: () => Promise<RepositoryApi | undefined>,
): Promise<boolean> {
  const { webhook, webhookSecret } = (await findDeployment(deps.db, id)) ?? {}
  if (!webhook || !webhookSecret) return false
  if (Date.now() - Date.parse(webhook.checkedAt ?? '') < LOOK_AGAIN_MS) return true
  // Not to know is no reason to make another one, or to forget one that may be there.
  const hooks = await findApi()
    .then((api) => api && findHooks(api, { id }))
    .catch(() => undefined)
  const found = hooks?.find((it) => it.isActive)
  const isLost = webhook.state !== 'unavailable' && found?.lastStatus != null && !isGood(found.lastStatus)
  const reason = `GitHub's last delivery failed${found?.lastStatus ? ` with status ${found.lastStatus}` : ''}.`
  const state = isLost ? { state: 'created' as const, reason } : {}
  await deps.db.transaction().execute(async (db) => {
    const { webhook: latest = webhook } = (await findDeployment(db, id)) ?? {}
    await updateDeployment(db, id, { webhook: { ...(latest ?? webhook), ...state, checkedAt: now() } })
  })
  if (isLost) await announce(deps, id)
  return hooks === undefined || found !== undefined
}

const isGood = (status: number) => status >= 200 && status < 300

/**
 * Takes away whatever leads to the deployment. `kept` where GitHub does not show the repository any more, which may be
 * gone or only not be the token's to see, and where it is archived, so that nothing of it can be changed.
 * @throws github_denied, github_unavailable
 */
export async function removeHooks(api: RepositoryApi, deployment: Pick<Deployment, 'id'>): Promise<'kept' | undefined> {
  try {
    for (const hook of await findHooks(api, deployment)) await deleteHook(api.ask, api.repository, hook.id)
    if ((await findHooks(api, deployment)).length === 0) return undefined
  } catch (error) {
    if (await isOutOfReach(error, api)) return 'kept'
    throw error
  }
  throw new AppError('github_unavailable', 'GitHub still lists the webhook after it was deleted. It is tried again.')
}

async function isOutOfReach(error: unknown, { ask, repository }: RepositoryApi): Promise<boolean> {
  if (!(error instanceof AppError) || error.code !== 'github_denied') return false
  return (await findRepository(ask, repository))?.isArchived ?? true
}
