import type { Webhook } from '../../db/deployments.ts'
import { findDeployment, updateDeployment } from '../../db/deployments.ts'
import { AppError, toAppError } from '../../errors.ts'
import { webhookName } from '../../names.ts'
import { parseRepository } from '../../repository.ts'
import type { StepContext } from '../context.ts'
import { appWebhookSecret } from '../github-app.ts'
import { problemOfReach } from '../reach.ts'
import { type RepositoryApi, repositoryApi, settingsApi } from '../repository-api.ts'
import { announce } from '../status.ts'
import { defineStep } from '../step.ts'
import { findHooks, lookAtHook, putHook, removeHooks } from '../webhook.ts'

const NOBODY_SPEAKS = 'Nobody speaks for the repository at GitHub. Connect GitHub, and pushes are heard of at once.'
const APP_TELLS = 'The GitHub App tells of pushes.'
const APP_IS_SILENT =
  'The GitHub App was made without a webhook. Make it again under Settings → Connections, or give a token, and pushes are heard of at once.'

/** Why a release does without a webhook, as `check` or `apply` found out. */
const without = new WeakMap<StepContext, string>()

/**
 * The webhook at GitHub that tells of pushes. An app does without one where GitHub or its owner would not have it: then
 * pushes are polled for. No deploy fails over it.
 */
export const connectWebhook = defineStep({
  name: 'connect-webhook',
  phase: 'deploying',
  until: 'deleted',
  meanwhile: true,
  effects: (ctx) => (problemOf(ctx) === undefined ? [{ kind: 'webhook', name: nameOf(ctx) }] : []),
  /** Refuses nothing: it is only so that what nobody could make is not noted as if it might be there. */
  async check(ctx) {
    if (problemOf(ctx) === undefined) await findApi(ctx).catch(() => undefined)
  },
  async apply(ctx) {
    if (ctx.deployment.previewOf !== null) return
    const reason = problemOf(ctx) ?? (await connect(ctx))
    if (reason !== undefined) without.set(ctx, reason)
    await note(ctx, reason)
  },
  async revert(ctx) {
    const { id, webhookSecret } = ctx.deployment
    // Kept before GitHub hears of it: without a secret there was never a webhook.
    if (webhookSecret === null) return undefined
    const kept = await removeHooks(await needApi(ctx), ctx.deployment)
    if (kept === undefined) await updateDeployment(ctx.db, id, { webhook: null, webhookSecret: null })
    return kept
  },
  async inspect(ctx) {
    const { db, deployment, release } = ctx
    if (deployment.liveRelease === release.number)
      return lookAtHook(ctx, deployment.id, () => settingsApi(ctx, deployment))
    if ((await findDeployment(db, deployment.id))?.webhookSecret === null) return false
    return (await findHooks(await needApi(ctx), deployment)).length > 0
  },
})

const ownerAndName = ({ deployment, config }: StepContext) => {
  const { owner, name } = parseRepository(deployment.githubUrl, config.githubUrl)
  return `${owner}/${name}`
}
const nameOf = (ctx: StepContext) => webhookName(ownerAndName(ctx), ctx.deployment.id)

function problemOf(ctx: StepContext): string | undefined {
  if (ctx.deployment.previewOf !== null) return 'A preview follows its pull request.'
  return without.get(ctx) ?? problemOfReach(ctx.config)
}

/** Who may make the webhook; undefined, with the reason noted, where there is nobody or no need. */
async function findApi(ctx: StepContext): Promise<RepositoryApi | undefined> {
  const api = await repositoryApi(ctx, ctx.deployment)
  if (api?.by !== 'app') {
    if (api === undefined) without.set(ctx, NOBODY_SPEAKS)
    return api
  }
  // An App that was made while GitHub could not reach us has no webhook, and gets none later.
  const isSilent = (await appWebhookSecret(ctx)) === undefined
  const other = isSilent ? await settingsApi(ctx, ctx.deployment) : undefined
  if (other?.by === 'token') return other
  without.set(ctx, isSilent ? APP_IS_SILENT : APP_TELLS)
  return undefined
}

/** Answers why it could not be made. */
async function connect(ctx: StepContext): Promise<string | undefined> {
  try {
    const api = await findApi(ctx)
    if (api === undefined) return problemOf(ctx)
    await putHook(ctx, api, ctx.deployment)
    return undefined
  } catch (error) {
    const { code, message } = toAppError(error)
    if (code === 'internal') ctx.log.error({ err: error, deployment: ctx.deployment.id }, 'no webhook could be made')
    return message
  }
}

/** What is heard from meanwhile, such as GitHub's ping, is not forgotten. */
async function note(ctx: StepContext, reason: string | undefined): Promise<void> {
  const { config, deployment, say } = ctx
  const { before, webhook } = await ctx.db.transaction().execute(async (db) => {
    const before = (await findDeployment(db, deployment.id))?.webhook ?? null
    const webhook = stateAfter(before, reason)
    await updateDeployment(db, deployment.id, { webhook })
    return { before, webhook }
  })
  deployment.webhook = webhook
  say(
    webhook.state === 'unavailable'
      ? `No webhook${config.githubPollSeconds > 0 ? ', so pushes are asked for' : ''}: ${reason}`
      : 'GitHub tells of pushes to it.',
  )
  if (before?.state !== webhook.state) await announce(ctx, deployment.id)
}

function stateAfter(before: Webhook | null, reason: string | undefined): Webhook {
  const heardAt = before?.heardAt === undefined ? {} : { heardAt: before.heardAt }
  const isThere = reason === undefined || reason === APP_TELLS
  if (!isThere) return { state: 'unavailable', reason, checkedAt: new Date().toISOString() }
  return before?.state === 'active' ? { state: 'active', ...heardAt } : { state: 'created' }
}

/** For taking the webhook back. @throws github_denied when nobody may ask whether it is there */
async function needApi(ctx: StepContext): Promise<RepositoryApi> {
  const api = await settingsApi(ctx, ctx.deployment)
  if (api) return api
  const repository = ownerAndName(ctx)
  throw new AppError(
    'github_denied',
    `The webhook of ${repository} may still lead here, and nobody speaks for the repository at GitHub any more. Connect GitHub again, so that it can be taken away.`,
  )
}
