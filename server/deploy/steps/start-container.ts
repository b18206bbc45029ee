import type { CommandSpec } from '../../adapters/docker-container.ts'
import type { EnvVariable } from '../../db/deployments.ts'
import { AppError } from '../../errors.ts'
import { containerName, imageName, labelsOf, networkName } from '../../names.ts'
import { execLine } from '../../templates/exec-line.ts'
import type { StepContext } from '../context.ts'
import { defineStep } from '../step.ts'
import { stopSecondsOf } from '../stop-seconds.ts'
import { claimPort, giveUpPort } from './claim-port.ts'
import { createNetwork } from './create-network.ts'
import { volumesOf } from './create-volumes.ts'

const nameOf = ({ config, ref }: StepContext) => containerName(config.instance, ref)

/** The app itself, reachable on 127.0.0.1 only. */
export const startContainer = defineStep({
  name: 'start-container',
  phase: 'deploying',
  until: 'retired',
  effects: (ctx) => [{ kind: 'container', name: nameOf(ctx) }],
  async apply(ctx) {
    try {
      await start(ctx)
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'port_taken')) throw error
      await moveToNextPort(ctx)
      await start(ctx)
    }
  },
  async revert({ config, docker, ref, release }) {
    const name = containerName(config.instance, ref)
    const found = await docker.inspectContainer(name)
    if (found?.labels['slipway.deployment'] === ref.deploymentId)
      await docker.stopContainer(name, stopSecondsOf(release))
    await docker.removeContainer(name, ref.deploymentId)
  },
  inspect: async ({ docker }, { name }) => (await docker.inspectContainer(name)) !== undefined,
})

/** Somebody took the port between the claim and the start; the network's subnet follows the port, so it moves too. */
async function moveToNextPort(ctx: StepContext): Promise<void> {
  if (ctx.port !== undefined) await giveUpPort(ctx, ctx.port, 'held by another process')
  await claimPort.apply(ctx)
  await createNetwork.revert(ctx)
  await createNetwork.apply(ctx)
}

async function start(ctx: StepContext): Promise<void> {
  const { docker, port, release } = ctx
  const appPort = release.recipe?.port
  if (port === undefined || typeof appPort !== 'number') {
    throw new AppError('internal', 'This release was not prepared. Deploy again.')
  }
  const { startCommand } = release.recipe?.settings ?? {}
  const spec = specOf(ctx, nameOf(ctx), startCommand && execLine(startCommand))
  const containerId = await docker.startContainer({ ...spec, hostPort: port, appPort })
  await ctx.remember({ containerId })
}

/** A container of the release's image, with its variables, volumes and limits. */
export function specOf(ctx: StepContext, name: string, startCommand: string | undefined): CommandSpec {
  const { config, ref, release, env } = ctx
  const { settings = {}, env: own = {}, port } = release.recipe ?? {}
  return {
    name,
    image: imageName(config.instance, ref),
    network: networkName(config.instance, ref),
    labels: labelsOf(config.instance, ref),
    env: variablesOf({ ...(port && { PORT: String(port) }), ...own }, env),
    volumes: volumesOf(ctx),
    startCommand,
    memoryMb: settings.memoryMb ?? config.appMemoryMb,
    cpus: settings.cpus ?? config.appCpus,
    pids: config.appPids,
  }
}

/** `PORT` says where the app is asked. What the user says wins over that and over slipway.json: no name comes twice. */
function variablesOf(own: Record<string, string>, env: EnvVariable[]): string[] {
  const all = { ...own, ...Object.fromEntries(env.map(({ key, value }) => [key, value])) }
  return Object.entries(all).map(([key, value]) => `${key}=${value}`)
}
