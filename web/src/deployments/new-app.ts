import type { CreateInput } from '../../../server/http/schemas.ts'
import type { DeployKeyView, DeploymentView, RepositoryView } from '../../../server/http/views.ts'
import { normalizeSubdomain } from '../../../server/names.ts'
import { type BuildSettings, emptySettings, toBuildInput } from './build-settings.ts'
import { type EnvRow, toEnvInput } from './env-rows.ts'

/** The form of a new app. Undefined is what nobody has typed yet: the repository suggests it. */
export type Draft = {
  repository: string
  branch: string | undefined
  rootDir: string | undefined
  name: string | undefined
  subdomain: string | undefined
  env: EnvRow[]
  settings: BuildSettings
  /** Whether every push deploys. */
  autoDeploy: boolean
  /** Made for a repository that could not be read. */
  deployKey?: DeployKeyView
}

export const emptyDraft = (repository = ''): Draft => ({
  repository,
  branch: undefined,
  rootDir: undefined,
  name: undefined,
  subdomain: undefined,
  env: [],
  settings: emptySettings(),
  autoDeploy: true,
})

/** Whether the key opens the repository that is typed, in whatever form that is. */
export const isKeyFor = ({ githubUrl }: DeployKeyView, typed: string) => {
  const name = githubUrl.split('/').slice(-2).join('/').toLowerCase()
  const tail = typed
    .trim()
    .toLowerCase()
    .replace(/\/tree\/.*$/, '')
    .replace(/(\.git)?\/?$/, '')
  return tail === name || tail.endsWith(`/${name}`) || tail.endsWith(`:${name}`)
}

export const isUntouched = (draft: Draft) => JSON.stringify(draft) === JSON.stringify(emptyDraft())

/** The fields as they are shown: what was typed, else what the repository suggests. */
export const filledIn = (draft: Draft, repository: RepositoryView | undefined) => ({
  branch: draft.branch ?? repository?.branch ?? repository?.defaultBranch ?? '',
  rootDir: draft.rootDir ?? repository?.rootDir ?? '',
  name: draft.name ?? repository?.name ?? '',
  subdomain: draft.subdomain ?? repository?.suggestedSubdomain ?? '',
})

/**
 * The draft for the API. Without `repository`, which is what the check found out about it, the server works out what was
 * left open: the form never has to wait for the check.
 */
export function toCreateInput(draft: Draft, repository: RepositoryView | undefined): CreateInput {
  const { branch, rootDir, name, subdomain } = filledIn(draft, repository)
  const { template, overrides, volumes } = toBuildInput(draft.settings)
  const env = toEnvInput(draft.env)
  return {
    // Without the /tree/… that may have been typed: branch and folder stand in fields of their own by now.
    githubUrl: repository?.url ?? draft.repository.trim(),
    ...(branch.trim() && { branch: branch.trim() }),
    ...(rootDir.trim() && { rootDir: rootDir.trim() }),
    ...(name.trim() && { name: name.trim() }),
    ...(subdomain.trim() && { subdomain: subdomain.trim() }),
    ...(env.length > 0 && { env }),
    ...(template && { template }),
    ...(Object.keys(overrides).length > 0 && { overrides }),
    ...(volumes.length > 0 && { volumes }),
    ...(draft.deployKey &&
      isKeyFor(draft.deployKey, repository?.url ?? draft.repository) && { deployKeyId: draft.deployKey.id }),
    ...(!draft.autoDeploy && { delivery: { autoDeploy: false } }),
  }
}

/** The one of these apps that was made from this input; undefined when there is none. */
export const madeFrom = ({ githubUrl, subdomain = '' }: CreateInput, apps: readonly DeploymentView[]) =>
  apps.find((it) => it.githubUrl === githubUrl && it.subdomain === normalizeSubdomain(subdomain) && !it.isDeleting)

/** What a plan depends on. Of the variables only names for the build and the port: no other value has to leave the form. */
export function toPlanInput(draft: Draft, repository: RepositoryView): CreateInput {
  const { name: _, delivery: __, env = [], ...input } = toCreateInput(draft, repository)
  const relevant = env
    .filter((it) => it.buildTime || it.key === 'PORT')
    .map(({ key, value, buildTime = false }) => ({ key, value: key === 'PORT' ? (value ?? '') : '', buildTime }))
  return { ...input, ...(relevant.length > 0 && { env: relevant }) }
}
