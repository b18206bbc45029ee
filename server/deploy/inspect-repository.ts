import { findBySubdomain } from '../db/deployments.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { isReservedSubdomain, suggestSubdomain } from '../names.ts'
import { isBranch, parseRepository, type RepositoryRef, readTree } from '../repository.ts'
import { type Access, readWithAccess } from './repository-access.ts'

/** What a typed address leads to. */
export type Repository = {
  url: string
  owner: string
  name: string
  /** Named in the address; null leaves it to the repository. */
  branch: string | null
  rootDir: string
  defaultBranch: string | null
  branches: string[]
  /** It can be read with SLIPWAY_GITHUB_TOKEN only. */
  isPrivate: boolean
  suggestedSubdomain: string
}

type Remote = Pick<Repository, 'branches' | 'defaultBranch' | 'isPrivate'>

const ANSWER_MS = 20_000

/**
 * Asks the remote what a typed repository is. Git is ended when `signal` fires, and after 20 s.
 * @throws invalid_input, repository_not_found, repository_unreachable, repository_empty, branch_not_found, cancelled
 */
export async function inspectRepository(deps: Deps, typed: string, signal: AbortSignal): Promise<Repository> {
  const ref = parseRepository(typed, deps.config.githubUrl)
  const remote = await askWithin(deps, ref, signal)
  if (remote.branches.length === 0)
    throw new AppError('repository_empty', `${ref.url} has no branch that can be deployed yet. Push something first.`, {
      field: 'githubUrl',
    })
  const tree = ref.tree === undefined ? undefined : readTree(ref.tree, remote.branches)
  if (tree && !remote.branches.includes(tree.branch)) throw noSuchBranch(ref)
  const { url, owner, name } = ref
  const suggestedSubdomain = await freeSubdomain(deps, suggestSubdomain(name))
  return { url, owner, name, branch: tree?.branch ?? null, rootDir: tree?.dir ?? '', ...remote, suggestedSubdomain }
}

const noSuchBranch = ({ url, tree }: RepositoryRef) =>
  new AppError(
    'branch_not_found',
    `No branch of ${url} begins “${tree?.path}”. Check the address, or give only owner/name.`,
    {
      field: 'githubUrl',
    },
  )

async function askWithin(deps: Deps, ref: RepositoryRef, signal: AbortSignal): Promise<Remote> {
  const limit = AbortSignal.timeout(ANSWER_MS)
  try {
    return await ask(deps, ref, AbortSignal.any([signal, limit]))
  } catch (error) {
    if (signal.aborted) throw new AppError('cancelled', 'Nobody waits for the answer any more.', { cause: error })
    if (!limit.aborted) throw error
    throw new AppError(
      'repository_unreachable',
      `${ref.url} did not answer within ${ANSWER_MS / 1000} seconds. Try again; if it stays, check that this machine reaches the host.`,
      { field: 'githubUrl', cause: error },
    )
  }
}

/** Without anything first: only so can be told whether it is needed. Names that could not be deployed are left out. */
async function ask(deps: Deps, { url }: RepositoryRef, signal: AbortSignal): Promise<Remote> {
  const show = ({ head, branches }: { head: string | null; branches: string[] }, isPrivate: boolean): Remote => ({
    branches: branches.filter(isBranch),
    defaultBranch: head !== null && isBranch(head) ? head : null,
    isPrivate,
  })
  try {
    return show(await deps.git.remoteBranches({ url, signal }), false)
  } catch (error) {
    const isHidden = error instanceof AppError && error.code === 'repository_not_found'
    if (!isHidden) throw error
    const read = (clone: Access['clone']) =>
      isOpen(clone) ? Promise.reject(error) : deps.git.remoteBranches({ ...clone, signal })
    return show(await readWithAccess(deps, { githubUrl: url }, read), true)
  }
}

const isOpen = ({ token, sshKey }: Access['clone']) => token === undefined && sshKey === undefined

/** `name`, or the first of `name-2`, `name-3` and so on that nobody has. */
async function freeSubdomain({ db }: Deps, name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`
    if (!isReservedSubdomain(candidate) && (await findBySubdomain(db, candidate)) === undefined) return candidate
  }
}
