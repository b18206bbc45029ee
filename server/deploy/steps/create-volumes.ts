import { volumeName } from '../../names.ts'
import type { StepContext } from '../context.ts'
import { defineStep } from '../step.ts'

/** The names of the release's volumes. */
export const volumesOf = ({ config, deployment, release }: StepContext) =>
  release.inputs.volumes.map(({ name, path }) => ({ name: volumeName(config.instance, deployment.id, name), path }))

/** Volumes hold the app's data: they outlive every release, and the deployment too when the user asks for it. */
export const createVolumes = defineStep({
  name: 'create-volumes',
  phase: 'building',
  until: 'deleted',
  meanwhile: true,
  effects: (ctx) => volumesOf(ctx).map(({ name }) => ({ kind: 'volume', name })),
  async apply(ctx) {
    const labels = { 'slipway.instance': ctx.config.instance, 'slipway.deployment': ctx.deployment.id }
    for (const { name } of volumesOf(ctx)) await ctx.docker.ensureVolume(name, labels)
  },
  async revert(ctx) {
    if (ctx.deployment.keepVolumes) return 'kept'
    for (const { name } of volumesOf(ctx)) await ctx.docker.removeVolume(name)
    return undefined
  },
  inspect: ({ docker }, { name }) => docker.hasVolume(name),
})
