import { type Ask, createAsk } from '../adapters/github-api.ts'
import type { Deployment } from '../db/deployments.ts'
import type { Deps } from '../deps.ts'
import { readGithubToken } from './github-token.ts'
import { type Access, accessTo } from './repository-access.ts'

/** A repository and who asks GitHub's API about it. */
export type RepositoryApi = Pick<Access, 'by' | 'repository'> & { ask: Ask }

/**
 * GitHub's API for the repository of a deployment; undefined where nobody may ask it.
 * @throws github_denied, github_unavailable
 */
export async function repositoryApi(
  deps: Deps,
  { id, githubUrl }: Pick<Deployment, 'id' | 'githubUrl'>,
): Promise<RepositoryApi | undefined> {
  const { by, repository, ask } = await accessTo(deps, { githubUrl, deploymentId: id })
  return ask && { by, repository, ask }
}

/**
 * The same for the settings of the repository: its webhooks and deploy keys. An App may not see them, so what a token
 * made there is the token's to look for and to take away, also where there is an App by now.
 * @throws github_denied, github_unavailable
 */
export async function settingsApi(
  deps: Deps,
  deployment: Pick<Deployment, 'id' | 'githubUrl'>,
): Promise<RepositoryApi | undefined> {
  const api = await repositoryApi(deps, deployment)
  const token = api?.by === 'app' ? await readGithubToken(deps) : undefined
  if (!api || !token) return api
  const ask = createAsk({ apiUrl: deps.config.githubApiUrl, token: token.token })
  return { by: 'token', repository: api.repository, ask }
}
