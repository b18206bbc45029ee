import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { cacheName } from '../cache-name.ts'
import type { EnvVariable } from '../db/deployments.ts'
import type { Recipe, ReleaseInputs } from '../db/releases.ts'
import { HEALTH_PATH, problemOf } from '../limits.ts'
import type { Catalog, Template } from './catalog.ts'
import { fitTemplate } from './fit-template.ts'
import { readProcfile } from './procfile.ts'
import { renderDockerfile } from './render.ts'
import { readSettings, type Settings } from './settings.ts'
import { openSource } from './source.ts'
import type { PlanRequest, TemplatePlan } from './template-plan.ts'

/** `cache`: whose downloads the build shares, where that is not all of the repository. */
type Wishes = Pick<ReleaseInputs, 'githubUrl' | 'rootDir' | 'template' | 'overrides' | 'volumes'> & { cache?: string }

/** A recipe, and what was assumed on the way, in sentences. */
export type Choice = { recipe: Recipe; notes: string[] }

/**
 * Decides how a checkout is built, by its files alone: with the template asked for, else its own Dockerfile, else the one
 * template that fits.
 * @throws root_dir_not_found, dockerfile_not_found, no_template, no_start_command, several_apps, settings_invalid,
 * file_unsafe
 */
export async function chooseRecipe(
  catalog: Catalog,
  checkout: string,
  wishes: Wishes,
  env: EnvVariable[],
): Promise<Choice> {
  const source = await openSource(checkout, wishes.rootDir)
  const { env: ownEnv = {}, ...fromRepository } = await readSettings(source)
  const settings: Settings = {
    ...fromRepository,
    ...(wishes.template !== null && { template: wishes.template }),
    ...wishes.overrides,
  }
  const request = { source, settings, env: [...env, ...asVariables(ownEnv, env)] }
  const fit = await fitTemplate(catalog, request)
  if (typeof fit === 'string')
    return inFolder(fit, await chooseRecipe(catalog, checkout, { ...wishes, rootDir: fit }, env))
  const { template, plan } = fit
  const port = settings.port ?? portIn(request.env) ?? plan.port ?? template.port ?? null
  const release = plan.commands.release ?? settings.releaseCommand ?? (await readProcfile(source)).release
  const recipe: Recipe = {
    template: template.name,
    framework: plan.framework,
    commands: { ...plan.commands, ...(release !== undefined && { release }) },
    settings,
    env: ownEnv,
    contextFolder: plan.contextFolder ?? source.folder,
    port,
    healthPath: settings.healthPath ?? asHealthPath(plan.healthPath) ?? template.healthPath ?? '/',
    ...(plan.dockerfilePath !== undefined
      ? { dockerfilePath: plan.dockerfilePath }
      : {
          dockerfile: await renderDockerfile(template, {
            ...valuesOf(plan, request, port),
            cache: wishes.cache ?? cacheName(wishes.githubUrl),
            volumes: wishes.volumes.map((it) => it.path),
          }),
          extraFiles: { ...(await readExtraFiles(template)), ...plan.extraFiles },
        }),
  }
  return { recipe, notes: plan.notes ?? [] }
}

const inFolder = (folder: string, { recipe, notes }: Choice): Choice => ({
  recipe,
  notes: [`The app was found in ${folder}.`, ...notes],
})

/** slipway.json's variables are there while building, too; what the user set wins. */
function asVariables(own: Record<string, string>, env: EnvVariable[]): EnvVariable[] {
  const set = new Set(env.map(({ key }) => key))
  return Object.entries(own)
    .filter(([key]) => !set.has(key))
    .map(([key, value]) => ({ key, value, secret: false, buildTime: true }))
}

function portIn(env: readonly EnvVariable[]): number | undefined {
  const port = Number(env.find((it) => it.key === 'PORT')?.value)
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined
}

/** A plan may have read it in the repository (`basePath`): it must be what the user could have given. */
const asHealthPath = (path: string | undefined) =>
  path !== undefined && problemOf(HEALTH_PATH, path) === undefined ? path : undefined

const valuesOf = (plan: TemplatePlan, { source, settings, env }: PlanRequest, port: number | null) => ({
  files: source.files,
  settings,
  commands: plan.commands,
  port,
  buildVariables: env.filter((it) => it.buildTime).map((it) => it.key),
  ...plan.values,
})

async function readExtraFiles(template: Template): Promise<Record<string, string>> {
  const files = await Promise.all(
    (template.files ?? []).map(async (name) => [name, await readFile(path.join(template.folder, name), 'utf8')]),
  )
  return Object.fromEntries(files)
}
