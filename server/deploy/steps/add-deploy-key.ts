import {
  addRepositoryKey,
  listRepositoryKeys,
  type RepositoryKey,
  removeRepositoryKey,
} from '../../adapters/github-keys.ts'
import { crossOut, listLedger } from '../../db/ledger.ts'
import { AppError, toAppError } from '../../errors.ts'
import { deployKeyTitle } from '../../names.ts'
import { withoutComment } from '../../ssh-key.ts'
import type { StepContext } from '../context.ts'
import { settingsApi } from '../repository-api.ts'
import { defineStep } from '../step.ts'

const STEP = 'add-deploy-key'

/** How long a key that was looked for counts as being there: a look every minute would use up the requests of the hour. */
const LOOK_AGAIN_MS = 60 * 60_000
/** When the key of a live app was looked for, by its title. */
const lookedAt = new Map<string, number>()
/** Of whom the key was just taken away: now not to know whether it is there is not enough. */
const taken = new WeakSet<StepContext>()

/**
 * The deployment's key among the deploy keys of its repository, as long as the deployment lives. Where nobody connected
 * may add keys it was added by hand: then it is not ours to take away. It stays at GitHub, and the receipt says so; it
 * opens nothing any more, for the private part goes from here. No release fails over GitHub's API: whether the key is
 * there shows in the clone.
 */
export const addDeployKey = defineStep({
  name: STEP,
  phase: 'building',
  until: 'deleted',
  effects: (ctx) => (isNeeded(ctx) && !ctx.deployKey?.isForeign ? [{ kind: 'deploy-key', name: titleOf(ctx) }] : []),
  async apply(ctx) {
    const { deployKey, signal, say } = ctx
    if (!deployKey || !isNeeded(ctx)) return
    taken.delete(ctx)
    try {
      const isOurs = await add(ctx, deployKey.publicKey)
      deployKey.isForeign = !isOurs
      if (isOurs) say(`The deploy key ${titleOf(ctx)} is among those of the repository.`)
    } catch (error) {
      signal.throwIfAborted()
      if (isLive(ctx)) throw error
      deployKey.isForeign = true
      say(
        `Whether the repository has the deploy key ${titleOf(ctx)} could not be found out. ${toAppError(error).message}`,
      )
    }
  },
  async revert(ctx) {
    if (!ctx.deployKey) return undefined
    taken.add(ctx)
    lookedAt.delete(titleOf(ctx))
    const api = await settingsApi(ctx, ctx.deployment)
    const removed = api && (await removeRepositoryKey(api.ask, api.repository, titleOf(ctx)))
    if (removed === undefined) return 'kept'
    if (removed === 0) await crossOutElsewhere(ctx)
    return undefined
  },
  async inspect(ctx) {
    if (isLive(ctx)) return lookHourly(ctx)
    try {
      return (await listKeys(ctx))?.some(isOf(ctx)) ?? taken.has(ctx)
    } catch (error) {
      if (taken.has(ctx)) throw error
      return true
    }
  },
})

const isLive = ({ deployment, release }: StepContext) => deployment.liveRelease === release.number
/** What is rolled back to is cloned no more. */
const isNeeded = ({ deployKey, release }: StepContext) => deployKey !== undefined && release.imageFrom === null
const titleOf = ({ config, deployKey }: StepContext) => deployKeyTitle(config.instance, deployKey?.id ?? '')

/** Answers whether it is ours. @throws github_denied where one that we added is gone, and nobody may add it again */
async function add(ctx: StepContext, publicKey: string): Promise<boolean> {
  const title = titleOf(ctx)
  const api = await settingsApi(ctx, ctx.deployment)
  const whose = api && (await addRepositoryKey(api.ask, api.repository, { title, publicKey }, ctx.signal))
  if (whose !== undefined || !isLive(ctx)) return whose === 'ours'
  throw new AppError(
    'github_denied',
    `The deploy key ${title} was taken away from the repository, and nobody connected may add it. Add it by hand, or give a token the permission Administration → Read and write.`,
  )
}

/** Whether the key of a live app is there, as far as can be told: not to know is no drift. */
async function lookHourly(ctx: StepContext): Promise<boolean> {
  const title = titleOf(ctx)
  if (Date.now() - (lookedAt.get(title) ?? 0) < LOOK_AGAIN_MS) return true
  lookedAt.set(title, Date.now())
  const keys = await listKeys(ctx).catch(() => undefined)
  return keys?.some((it) => isOf(ctx)(it) || isSame(ctx)(it)) ?? true
}

async function listKeys(ctx: StepContext): Promise<RepositoryKey[] | undefined> {
  const api = await settingsApi(ctx, ctx.deployment)
  return api && listRepositoryKeys(api.ask, api.repository)
}

const isOf = (ctx: StepContext) => (key: RepositoryKey) => key.title === titleOf(ctx)
/** Somebody may have added it again by hand, under another title. */
const isSame =
  ({ deployKey }: StepContext) =>
  (it: RepositoryKey) =>
    deployKey !== undefined && withoutComment(it.key) === withoutComment(deployKey.publicKey)

/** All releases have the same key: once it is gone, each of them need not ask for it again. */
async function crossOutElsewhere(ctx: StepContext): Promise<void> {
  const { db, deployment, release: own } = ctx
  const standing = (await listLedger(db, deployment.id)).filter((it) => it.step === STEP && it.state !== 'removed')
  for (const { release, name } of standing.filter((it) => it.name === titleOf(ctx) && it.release !== own.number))
    await crossOut(db, { deploymentId: deployment.id, release, step: STEP }, name)
}
