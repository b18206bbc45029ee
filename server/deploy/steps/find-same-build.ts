import { isDeepStrictEqual } from 'node:util'
import type { EnvVariable } from '../../db/deployments.ts'
import { listReleases, type Recipe, type Release } from '../../db/releases.ts'
import { imageName } from '../../names.ts'
import { openEnv, refOf, type StepContext } from '../context.ts'

/** The newest of them are asked: what is older was changed since, most likely, and its image is gone. */
const MOST = 5

/** The arguments of a build: what slipway.json says, and over it the variables that the user marked for the build. */
export const buildArgsOf = ({ env: own, settings }: Recipe, env: EnvVariable[]): Record<string, string> => ({
  ...own,
  ...settings.buildArgs,
  ...Object.fromEntries(env.filter((it) => it.buildTime).map((it) => [it.key, it.value])),
})

/**
 * An earlier release whose image would come out of this build: the same commit, built the same way with the same
 * arguments. Undefined when there is none, its image is gone, or the user wants a build in any case.
 */
export async function findSameBuild(ctx: StepContext): Promise<Release | undefined> {
  const { config, db, deployment, docker, release } = ctx
  if (release.inputs.rebuild) return undefined
  const earlier = (await listReleases(db, deployment.id)).filter((it) => it.number < release.number).slice(0, MOST)
  for (const candidate of earlier) {
    const isBuilt = candidate.status === 'live' || candidate.status === 'retired'
    if (!isBuilt || !isSame(ctx, candidate)) continue
    if (await docker.hasImage(imageName(config.instance, refOf(candidate)))) return candidate
  }
  return undefined
}

function isSame(ctx: StepContext, earlier: Release): boolean {
  const { release } = ctx
  if (release.recipe === null || earlier.recipe === null) return false
  return (
    release.inputs.githubUrl === earlier.inputs.githubUrl &&
    release.commit?.sha === earlier.commit?.sha &&
    isDeepStrictEqual(inputsOf(release.recipe), inputsOf(earlier.recipe)) &&
    isDeepStrictEqual(buildArgsOf(release.recipe, ctx.env), argsOfEarlier(ctx, earlier, earlier.recipe))
  )
}

const inputsOf = ({ dockerfile, dockerfilePath, extraFiles, contextFolder, settings }: Recipe) => ({
  dockerfile,
  dockerfilePath,
  extraFiles,
  contextFolder,
  target: settings.target,
})

/** Undefined when they were sealed with a key that is lost: then nobody knows, and it is built. */
function argsOfEarlier(ctx: StepContext, { env }: Release, recipe: Recipe): Record<string, string> | undefined {
  try {
    return buildArgsOf(recipe, openEnv(ctx, ctx.deployment.id, env))
  } catch (error) {
    ctx.log.warn({ err: error, deployment: ctx.deployment.id }, 'the variables of an earlier release cannot be read')
    return undefined
  }
}
