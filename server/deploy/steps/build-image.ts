import path from 'node:path'
import { findRelease, type Release } from '../../db/releases.ts'
import { AppError, hasCode } from '../../errors.ts'
import { createMask } from '../../mask.ts'
import { imageName, imageRepository, labelsOf } from '../../names.ts'
import { packContext } from '../build-context.ts'
import { buildWithinLimits } from '../build-within-limits.ts'
import { refOf, type StepContext, secretsOf } from '../context.ts'
import { explainBuildFailure } from '../explain/explain-build-failure.ts'
import { keepLogEnd } from '../explain/log-end.ts'
import { defineStep } from '../step.ts'
import { buildArgsOf, findSameBuild } from './find-same-build.ts'

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
    const same = await findSameBuild(ctx)
    if (same) return takeOver(ctx, same)
    await buildWithinLimits(ctx, (signal) => build(ctx, signal))
    await settlePort(ctx)
  },
  revert: ({ config, docker, ref }) => docker.removeImage(imageName(config.instance, ref)),
  inspect: ({ docker }, { name }) => docker.hasImage(name),
})

/** The earlier release may have been made for another subdomain, which its image is named after. */
async function tagEarlier({ config, db, docker, ref }: StepContext, number: number): Promise<void> {
  const earlier = await findRelease(db, ref.deploymentId, number)
  const source = imageName(config.instance, earlier ? refOf(earlier) : { ...ref, release: number })
  await docker.tagImage(source, imageRepository(config.instance, ref), String(ref.release))
}

/** Where nothing changed there is nothing to build. The port is the image's own: the earlier release may have had one that was set. */
async function takeOver(ctx: StepContext, same: Release): Promise<void> {
  ctx.say(`Nothing that the build depends on changed since release ${same.number}: its image is used again`)
  await tagEarlier(ctx, same.number)
  await settlePort(ctx)
}

/** What the engine's cache has lost is built without it. */
async function build(ctx: StepContext, signal: AbortSignal): Promise<void> {
  try {
    await (ctx.release.inputs.rebuild ? buildAnew(ctx, signal) : buildOnce(ctx, signal, {}))
  } catch (error) {
    if (!hasCode(error, 'build_cache_damaged')) throw error
    ctx.say('The engine has lost a layer that its build cache still names: it is built without the cache.', 'stderr')
    await buildOnce(ctx, signal, { nocache: true })
  }
}

/** Anew means also from the base image as the registry has it now; where that cannot be had, from the one that is here. */
async function buildAnew(ctx: StepContext, signal: AbortSignal): Promise<void> {
  try {
    await buildOnce(ctx, signal, { nocache: true, pull: true })
  } catch (error) {
    if (!hasCode(error, 'base_image_unavailable')) throw error
    ctx.say(`${error.message} The base image that is here is used.`, 'stderr')
    await buildOnce(ctx, signal, { nocache: true })
  }
}

type Options = { nocache?: boolean; pull?: boolean }

async function buildOnce(ctx: StepContext, signal: AbortSignal, options: Options): Promise<void> {
  const { config, docker, ref, checkout, env, say } = ctx
  const recipe = recipeOf(ctx)
  const end = keepLogEnd(createMask(secretsOf(env)))
  const root = path.join(checkout, recipe.contextFolder)
  const { context, dockerfile } = await packContext({
    root,
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
      ...options,
      labels: labelsOf(config.instance, ref),
      onEvent: ({ stream, text }) => {
        end.add(text)
        say(text, stream)
      },
      signal,
    })
  } catch (error) {
    throw signal.aborted ? error : await explainBuildFailure(error, end.lines(), root)
  }
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
