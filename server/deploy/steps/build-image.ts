import path from 'node:path'
import { setBuildGuard } from '../../adapters/build-guard.ts'
import type { EnvVariable } from '../../db/deployments.ts'
import { findRelease, listSteps, type Recipe } from '../../db/releases.ts'
import { AppError } from '../../errors.ts'
import { imageName, imageRepository, labelsOf } from '../../names.ts'
import { packContext } from '../build-context.ts'
import { refOf, type StepContext } from '../context.ts'
import { defineStep } from '../step.ts'

/** The engine's times are rounded differently from ours. */
const CLOCK_MS = 5

/** Where an app listens that says nothing about it. */
const FALLBACK_PORT = 3000

/** The image `<instance>/<subdomain>:<release>`; a rollback puts a second name on an image that is there. */
export const buildImage = defineStep({
  name: 'build-image',
  phase: 'building',
  until: 'pruned',
  effects: ({ config, ref }) => [{ kind: 'image', name: imageName(config.instance, ref) }],
  async check({ docker }) {
    await docker.ping()
  },
  async apply(ctx) {
    if (ctx.release.imageFrom !== null) return tagEarlier(ctx, ctx.release.imageFrom)
    await guardMachine(ctx)
    await build(ctx)
    await settlePort(ctx)
  },
  async revert(ctx) {
    await ctx.docker.removeImage(imageName(ctx.config.instance, ctx.ref))
    if (ctx.release.imageFrom === null) await clearCache(ctx)
  },
  inspect: ({ docker }, { name }) => docker.hasImage(name),
})

/** The earlier release may have been made for another subdomain, which its image is named after. */
async function tagEarlier({ config, db, docker, ref }: StepContext, number: number): Promise<void> {
  const earlier = await findRelease(db, ref.deploymentId, number)
  const source = imageName(config.instance, earlier ? refOf(earlier) : { ...ref, release: number })
  await docker.tagImage(source, imageRepository(config.instance, ref), String(ref.release))
}

/** A build must not take the machine with it. Where Slipway may not set the limit, the log says so. */
async function guardMachine({ config, say }: StepContext): Promise<void> {
  const guard = await setBuildGuard(config.buildMemoryMb)
  if (!guard.ok) say(guard.detail, 'stderr')
}

async function build(ctx: StepContext): Promise<void> {
  const { config, docker, ref, checkout, env, say } = ctx
  const recipe = recipeOf(ctx)
  const seconds = config.buildTimeoutSeconds
  const limit = AbortSignal.timeout(seconds * 1000)
  const signal = AbortSignal.any([ctx.signal, limit])
  const { context, dockerfile } = await packContext({
    root: path.join(checkout, recipe.contextFolder),
    recipe,
    maxBytes: config.repositoryMaxMb * 2 ** 20,
  })
  try {
    await docker.build({
      image: imageName(config.instance, ref),
      context,
      dockerfile,
      ...(recipe.settings.target !== undefined && { target: recipe.settings.target }),
      buildArgs: buildArgsOf(recipe, env),
      labels: labelsOf(config.instance, ref),
      onEvent: ({ stream, text }) => say(text, stream),
      signal,
    })
  } catch (error) {
    if (!limit.aborted || ctx.signal.aborted) throw error
    throw new AppError(
      'build_timed_out',
      `The build was stopped after ${seconds} s. Make it faster, or raise SLIPWAY_BUILD_TIMEOUT_SECONDS.`,
    )
  }
}

/** What slipway.json says, and over it the variables that the user marked for the build. */
const buildArgsOf = ({ env: own, settings }: Recipe, env: EnvVariable[]): Record<string, string> => ({
  ...own,
  ...settings.buildArgs,
  ...Object.fromEntries(env.filter((it) => it.buildTime).map((it) => [it.key, it.value])),
})

/** The sources that were sent to the engine, and layers without an image, are traces of the app like any other. */
async function clearCache({ config, db, deployment, docker, log, release }: StepContext): Promise<void> {
  const step = (await listSteps(db, deployment.id, release.number)).find((it) => it.name === 'build-image')
  if (!step) return
  const limit = Date.parse(step.startedAt) + config.buildTimeoutSeconds * 1000
  const ended = step.endedAt === null ? Math.min(Date.now(), limit) : Date.parse(step.endedAt)
  const from = new Date(Date.parse(step.startedAt) - CLOCK_MS)
  // A cache that cannot be cleared holds nobody up: the engine has limits of its own for it.
  await docker
    .pruneBuildCache(from, new Date(ended + CLOCK_MS))
    .catch((error: unknown) => log.warn({ err: error }, 'the build cache could not be cleared'))
}

/** An image says by EXPOSE where its app listens, unless the user or the template said it first. */
async function settlePort(ctx: StepContext): Promise<void> {
  const recipe = recipeOf(ctx)
  if (recipe.port !== null) return
  const [exposed] = await ctx.docker.exposedPorts(imageName(ctx.config.instance, ctx.ref))
  await ctx.remember({ recipe: { ...recipe, port: exposed ?? FALLBACK_PORT } })
}

function recipeOf({ release }: StepContext) {
  if (release.recipe === null) throw new AppError('internal', 'No template was chosen for this release. Deploy again.')
  return release.recipe
}
