import { AppError } from '../errors.ts'
import { expectDone, listOf, objectOf, pathOf, type RepositoryName, textOf } from './github-answer.ts'
import type { Ask } from './github-api.ts'

/** https://docs.github.com/rest/commits/commits */

const CONTENTS = { what: 'read the commits', permission: 'Contents → Read-only' }
/** GitHub lists no more files of a comparison. */
const MOST_FILES = 300

export type Head = { sha: string; message: string }

/**
 * The newest commit of a branch, or of the default branch. With the `etag` of an earlier answer it is `unchanged` where
 * nothing was pushed since, which costs nothing of the hour's requests. Undefined when there is no such branch.
 * @throws github_denied, github_unavailable
 */
export async function readHead(
  ask: Ask,
  repository: RepositoryName,
  branch: string | null,
  etag?: string,
  signal?: AbortSignal,
): Promise<'unchanged' | { head: Head | undefined; etag: string | undefined }> {
  const query = `${branch === null ? '' : `sha=${encodeURIComponent(branch)}&`}per_page=1`
  const headers = etag === undefined ? {} : { 'if-none-match': etag }
  const answer = await ask('GET', `${pathOf(repository)}/commits?${query}`, signal, undefined, headers)
  if (answer.status === 304) return 'unchanged'
  // An empty repository, and a branch that is not there.
  if (answer.status === 409 || (answer.status === 404 && branch !== null)) return { head: undefined, etag: undefined }
  const [commit] = listOf(expectDone(answer, repository, CONTENTS).body)
  return { head: commit && readCommit(commit), etag: answer.headers.get('etag') ?? undefined }
}

function readCommit(commit: Record<string, unknown>): Head {
  const sha = textOf(commit.sha)
  if (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(sha)) return { sha, message: textOf(objectOf(commit.commit).message) }
  throw new AppError('github_unavailable', 'GitHub answered with a commit that has no name. Try again later.')
}

/**
 * The files that differ between two commits, both names of one that moved. Undefined when there are more than GitHub lists.
 * @throws github_denied, github_unavailable
 */
export async function compareCommits(
  ask: Ask,
  repository: RepositoryName,
  base: string,
  head: string,
  signal?: AbortSignal,
): Promise<string[] | undefined> {
  const answer = await ask('GET', `${pathOf(repository)}/compare/${base}...${head}`, signal)
  const files = listOf(objectOf(expectDone(answer, repository, CONTENTS).body).files)
  if (files.length >= MOST_FILES) return undefined
  return files.flatMap((it) => [textOf(it.filename), textOf(it.previous_filename)]).filter(Boolean)
}
