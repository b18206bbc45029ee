import type { SimpleGit } from 'simple-git'
import { AppError } from '../errors.ts'

/** The head of a pull request, in the repository it is made to. With `sha` that commit and no other. */
export type PullHead = { number: number; sha?: string | undefined }

/**
 * Fetches the head of a pull request into git's folder, and makes it HEAD without writing its files. It comes from the
 * repository that the pull request is made to: GitHub keeps it there, also that of a fork, whose own address is never
 * asked. Nothing of the address stays in the folder.
 * @throws branch_not_found when another commit came than the one that was asked for
 */
export async function fetchPull(git: SimpleGit, address: string, { number, sha }: PullHead): Promise<void> {
  await fetchOne(git, address, sha ?? `refs/pull/${number}/head`, (came) => {
    if (sha !== undefined && came !== sha) throw pullGone(address, { number, sha })
  })
}

/** Fetches one commit into git's folder, by its id. @throws branch_not_found when another one came */
export async function fetchCommit(git: SimpleGit, address: string, sha: string): Promise<void> {
  await fetchOne(git, address, sha, (came) => {
    if (came !== sha) throw commitGone(address, sha)
  })
}

/** `check` is told which commit came, before it becomes HEAD; its files are not written. */
async function fetchOne(git: SimpleGit, address: string, what: string, check: (came: string) => void): Promise<void> {
  await git.init()
  await git.raw(['fetch', '--depth', '1', '--no-tags', '--', address, what])
  const came = (await git.raw(['rev-parse', 'FETCH_HEAD'])).trim()
  check(came)
  await git.raw(['update-ref', '--no-deref', 'HEAD', came])
}

export const commitGone = (url: string, sha: string) =>
  new AppError('branch_not_found', `${url} does not have commit ${sha.slice(0, 7)} any more.`)

export const pullGone = (url: string, { number, sha }: PullHead) =>
  sha === undefined
    ? new AppError('branch_not_found', `There is no pull request ${number} in ${url} any more.`)
    : new AppError(
        'branch_not_found',
        `${url} does not have commit ${sha.slice(0, 7)} of pull request ${number} any more. Push again, or approve the newest commit.`,
      )
