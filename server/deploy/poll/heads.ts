import { type Head, readHead } from '../../adapters/github-commits.ts'
import type { Deployment } from '../../db/deployments.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import { readWithAccess } from '../repository-access.ts'
import { type RepositoryApi, repositoryApi } from '../repository-api.ts'

/** What is on top of a branch, or of the default branch. Without GitHub's API nobody knows the message. */
type Tip = Pick<Head, 'sha'> & Partial<Head>
/** By branch; the default branch is null. */
export type Tips = Map<string | null, Tip | undefined>
/** `api`: who was asked, where it was GitHub's API. */
export type Heads = { tips: Tips; api: RepositoryApi | undefined }

/** Asks a repository for the tips of branches. What it said before is kept: nothing new costs GitHub's API nothing. */
export type ReadHeads = (deployment: Deployment, branches: Set<string | null>, signal: AbortSignal) => Promise<Heads>

export function createReadHeads(deps: Deps): ReadHeads {
  const kept = new Map<string, { etag: string; tip: Tip | undefined }>()

  async function askApi(api: RepositoryApi, branch: string | null, signal: AbortSignal): Promise<Tip | undefined> {
    const { owner, name } = api.repository
    const key = JSON.stringify([owner, name, branch])
    const before = kept.get(key)
    const answer = await readHead(api.ask, api.repository, branch, before?.etag, signal)
    if (answer === 'unchanged') return before?.tip
    if (answer.etag === undefined) kept.delete(key)
    else kept.set(key, { etag: answer.etag, tip: answer.head })
    return answer.head
  }

  return async (deployment, branches, signal) => {
    const api = await repositoryApi(deps, deployment)
    if (!api) return { tips: await askGit(deps, deployment, signal), api }
    try {
      const tips: Tips = new Map()
      for (const branch of branches) tips.set(branch, await askApi(api, branch, signal))
      return { tips, api }
    } catch (error) {
      // Whoever may clone it may ask git, too.
      if (!(error instanceof AppError) || error.code !== 'github_denied') throw error
      return { tips: await askGit(deps, deployment, signal), api: undefined }
    }
  }
}

async function askGit(deps: Deps, { id, githubUrl }: Deployment, signal: AbortSignal): Promise<Tips> {
  const { tips } = await readWithAccess(deps, { githubUrl, deploymentId: id }, (clone) =>
    deps.git.remoteBranches({ ...clone, signal }),
  )
  return new Map([...tips].map(([name, sha]) => [name === 'HEAD' ? null : name, { sha }]))
}
