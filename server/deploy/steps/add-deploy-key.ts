import { addRepositoryKey, listRepositoryKeys, removeRepositoryKey } from '../../adapters/github-keys.ts'
import { deployKeyTitle } from '../../names.ts'
import type { StepContext } from '../context.ts'
import { accessTo } from '../repository-access.ts'
import { defineStep } from '../step.ts'

/**
 * The deployment's key among the deploy keys of its repository, as long as the deployment lives. Where nobody connected
 * may add keys it was added by hand: then it is not ours to take away. It stays at GitHub, and the receipt says so; it
 * opens nothing any more, for the private part goes from here.
 */
export const addDeployKey = defineStep({
  name: 'add-deploy-key',
  phase: 'building',
  until: 'deleted',
  effects: ({ config, deployKey }) =>
    deployKey && !deployKey.isForeign
      ? [{ kind: 'deploy-key', name: deployKeyTitle(config.instance, deployKey.id) }]
      : [],
  async apply(ctx) {
    const { config, deployKey, say } = ctx
    if (!deployKey) return
    const { ask, repository } = await accessOf(ctx)
    const title = deployKeyTitle(config.instance, deployKey.id)
    const whose = ask && (await addRepositoryKey(ask, repository, { title, publicKey: deployKey.publicKey }))
    deployKey.isForeign = whose !== 'ours'
    if (whose === 'ours') say(`The deploy key ${title} is among those of the repository.`)
  },
  async revert(ctx) {
    if (!ctx.deployKey) return undefined
    const { ask, repository } = await accessOf(ctx)
    const title = deployKeyTitle(ctx.config.instance, ctx.deployKey.id)
    const removed = ask && (await removeRepositoryKey(ask, repository, title))
    return removed === undefined ? 'kept' : undefined
  },
  async inspect(ctx, { name }) {
    const { ask, repository } = await accessOf(ctx)
    const keys = ask && (await listRepositoryKeys(ask, repository))
    return keys?.some((key) => key.title === name) ?? false
  },
})

const accessOf = (ctx: StepContext) =>
  accessTo(ctx, { githubUrl: ctx.deployment.githubUrl, deploymentId: ctx.deployment.id })
