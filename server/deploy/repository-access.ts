import { type Ask, createAsk } from '../adapters/github-api.ts'
import { type DeployKey, findKeyOfDeployment, listDeployKeys } from '../db/deploy-keys.ts'
import type { Deps } from '../deps.ts'
import { parseRepository, type RepositoryRef } from '../repository.ts'
import { readGithubToken } from './github-token.ts'

/** How a repository is read, and who speaks for it at GitHub's API. */
export type Access = {
  by: 'app' | 'token' | 'deploy-key' | 'nobody'
  repository: { owner: string; name: string }
  /** What git is given. With `sshKey` the address is one of SSH, and there is no token. */
  clone: { url: string; token?: string; sshKey?: string }
  /** Asks GitHub's REST API as the App's installation or the token's user; undefined where there is neither. */
  ask: Ask | undefined
}

type Wanted = { githubUrl: string; deploymentId?: string; signal?: AbortSignal }

/**
 * Who may read a repository: the App where it is installed, else the token, else a deploy key, else nobody, as with
 * public ones. The key that a deployment was made with clones it in any case.
 */
export async function accessTo(deps: Deps, { githubUrl, deploymentId }: Wanted): Promise<Access> {
  const { url, owner, name } = parseRepository(githubUrl, deps.config.githubUrl)
  const repository = { owner, name }
  const own = deploymentId === undefined ? undefined : await findKeyOfDeployment(deps.db, deploymentId)
  const keyed = own && openKey(deps, own, repository)
  const token = await readGithubToken(deps)
  if (token) {
    const ask = createAsk({ apiUrl: deps.config.githubApiUrl, token: token.token })
    return { by: 'token', repository, clone: keyed ?? { url, token: token.token }, ask }
  }
  const key = own ?? (await listDeployKeys(deps.db, url)).at(-1)
  if (!key) return { by: 'nobody', repository, clone: { url }, ask: undefined }
  return { by: 'deploy-key', repository, clone: openKey(deps, key, repository), ask: undefined }
}

/** The address that a deploy key clones from, with the key. */
function openKey(deps: Deps, key: DeployKey, { owner, name }: Pick<RepositoryRef, 'owner' | 'name'>): Access['clone'] {
  return {
    url: `ssh://${deps.config.githubSsh}/${owner}/${name}.git`,
    sshKey: deps.secrets.decrypt(key.privateKey, key.id),
  }
}
