import { type Ask, createAsk } from '../adapters/github-api.ts'
import type { Deployment } from '../db/deployments.ts'
import type { Deps } from '../deps.ts'
import { readGithubToken } from './github-token.ts'
import { type Access, accessTo } from './repository-access.ts'

/** A repository and who asks GitHub's API about it. */
export type RepositoryApi = Pick<Access, 'by' | 'repository'> & { ask: Ask }

/**
 * GitHub's API for the repository of a deployment; undefined where nobody may ask it. A token for one's own Git host is
 * not shown to github.com.
 * @throws github_denied, github_unavailable
 */
export async function repositoryApi(
  deps: Deps,
  { id, githubUrl }: Pick<Deployment, 'id' | 'githubUrl'>,
): Promise<RepositoryApi | undefined> {
  const { githubApiUrl, githubUrl: host } = deps.config
  const isForeign = new URL(githubApiUrl).hostname === 'api.github.com' && new URL(host).hostname !== 'github.com'
  if (isForeign) return undefined
  const { by, repository, ask } = await accessTo(deps, { githubUrl, deploymentId: id })
  return ask && { by, repository, ask }
}

/**
 * The same for the webhooks of the repository. An App has one of its own and may not see the others: one that a token
 * made before the App was installed is the token's to take away.
 * @throws github_denied, github_unavailable
 */
export async function webhookApi(
  deps: Deps,
  deployment: Pick<Deployment, 'id' | 'githubUrl'>,
): Promise<RepositoryApi | undefined> {
  const api = await repositoryApi(deps, deployment)
  const token = api?.by === 'app' ? await readGithubToken(deps) : undefined
  if (!api || !token) return api
  const ask = createAsk({ apiUrl: deps.config.githubApiUrl, token: token.token })
  return { by: 'token', repository: api.repository, ask }
}
