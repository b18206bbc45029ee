import { isForeignApi } from '../adapters/github.ts'
import type { RepositoryName } from '../adapters/github-answer.ts'
import { type Ask, createAsk, WRONG_TOKEN } from '../adapters/github-api.ts'
import { type DeployKey, findDeployKey, findKeyOfDeployment, listDeployKeys } from '../db/deploy-keys.ts'
import type { Deps } from '../deps.ts'
import { AppError, toAppError } from '../errors.ts'
import { parseRepository } from '../repository.ts'
import { type GithubToken, readGithubToken } from './github-token.ts'

/** How a repository is read, and who speaks for it at GitHub's API. */
export type Access = {
  by: 'app' | 'token' | 'deploy-key' | 'nobody'
  repository: RepositoryName
  /** What git is given. With `sshKey` the address is one of SSH, and there is no token. */
  clone: { url: string; token?: string; sshKey?: string }
  /** Asks GitHub's REST API as the App's installation or the token's user; undefined where there is neither. */
  ask: Ask | undefined
  /** Why the App could not be asked whether it may, so that somebody else is tried. */
  problem?: AppError
}

/** `deployKeyId` is that of a key which no deployment has yet. */
export type Wanted = { githubUrl: string; deploymentId?: string; deployKeyId?: string | undefined }

/**
 * Who may read a repository: the App where it is installed, else the token, else a deploy key, else nobody, as with
 * public ones. The key that a deployment was made with clones it in any case.
 */
export async function accessTo(deps: Deps, wanted: Wanted): Promise<Access> {
  const { url, owner, name } = parseRepository(wanted.githubUrl, deps.config.githubUrl)
  const repository = { owner, name }
  const own = await ownKey(deps, wanted)
  const keyed = own && openKey(deps, own, repository)
  const app = isForeignApi(deps.config) ? undefined : await deps.githubApp.actOn(repository).catch(asProblem)
  if (app && 'token' in app) return { by: 'app', repository, clone: keyed ?? { url, token: app.token }, ask: app.ask }

  const problem = app && { problem: app }
  const token = await readGithubToken(deps)
  if (token) {
    const ask = askAs(deps, token)
    return { by: 'token', repository, clone: keyed ?? { url, token: token.token }, ask, ...problem }
  }
  const key = own ?? (await keyOfRepository(deps, url, wanted))
  if (!key) return { by: 'nobody', repository, clone: { url }, ask: undefined, ...problem }
  return { by: 'deploy-key', repository, clone: openKey(deps, key, repository), ask: undefined, ...problem }
}

/**
 * Reads a repository with what `accessTo` gives. An installation's token that was revoked meanwhile is replaced once; a
 * repository that nobody could open is told as what kept the App from it, if something did.
 */
export async function readWithAccess<T>(
  deps: Deps,
  wanted: Wanted,
  read: (clone: Access['clone']) => Promise<T>,
): Promise<T> {
  const access = await accessTo(deps, wanted)
  try {
    return await read(access.clone)
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'repository_not_found')) throw error
    if (access.problem) throw access.problem
    if (access.by !== 'app') throw error
    deps.githubApp.forget(access.repository)
    const again = await accessTo(deps, wanted)
    if (again.clone.token === access.clone.token) throw error
    return read(again.clone)
  }
}

/** A token for one's own Git host is not shown to github.com. */
function askAs({ config }: Deps, { token, renew }: GithubToken): Ask | undefined {
  if (isForeignApi(config)) return undefined
  return createAsk({ apiUrl: config.githubApiUrl, token, refused: `${WRONG_TOKEN} ${renew}` })
}

const asProblem = (error: unknown): AppError => toAppError(error)

async function ownKey({ db }: Deps, { deploymentId, deployKeyId }: Wanted): Promise<DeployKey | undefined> {
  if (deployKeyId !== undefined) return findDeployKey(db, deployKeyId)
  return deploymentId === undefined ? undefined : findKeyOfDeployment(db, deploymentId)
}

/** One that a deployment proved; before there is a deployment, also one that was just made. */
async function keyOfRepository({ db }: Deps, url: string, { deploymentId }: Wanted): Promise<DeployKey | undefined> {
  const keys = await listDeployKeys(db, url)
  return keys.findLast((key) => deploymentId === undefined || key.deploymentId !== null)
}

/** The address that a deploy key clones from, with the key. */
function openKey(deps: Deps, key: DeployKey, { owner, name }: Access['repository']): Access['clone'] {
  return {
    url: `ssh://${deps.config.githubSsh}/${owner}/${name}.git`,
    sshKey: deps.secrets.decrypt(key.privateKey, key.id),
  }
}
