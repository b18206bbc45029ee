import { expectDone, listOf, objectOf, pathOf, type RepositoryName, textOf } from './github-answer.ts'
import type { Ask } from './github-api.ts'

/** Comments on a pull request, which is an issue to this part of the API: https://docs.github.com/rest/issues/comments */

export type Comment = { id: number; body: string }

const RIGHT = { what: 'comment on the pull requests', permission: 'Pull requests → Read and write' }
/** Each of them may have 64 KiB. */
const PAGE = 20
/** A conversation longer than this is not read to its end. */
const MOST_PAGES = 50

/** Oldest first, the first thousand. @throws github_denied, github_unavailable */
export async function listComments(ask: Ask, repository: RepositoryName, pullRequest: number): Promise<Comment[]> {
  const comments: Comment[] = []
  for (let page = 1; page <= MOST_PAGES; page++) {
    const address = `${pathOf(repository)}/issues/${pullRequest}/comments?per_page=${PAGE}&page=${page}`
    const part = listOf(expectDone(await ask('GET', address), repository, RIGHT).body)
    comments.push(...part.map(({ id, body }) => ({ id: Number(id), body: textOf(body) })))
    if (part.length < PAGE) break
  }
  return comments
}

/** Answers the comment's id. @throws github_denied, github_unavailable */
export async function createComment(
  ask: Ask,
  repository: RepositoryName,
  pullRequest: number,
  body: string,
): Promise<number> {
  const answer = await ask('POST', `${pathOf(repository)}/issues/${pullRequest}/comments`, undefined, { body })
  return Number(objectOf(expectDone(answer, repository, RIGHT).body).id)
}

/** False when it is not there any more. @throws github_denied, github_unavailable */
export async function updateComment(ask: Ask, repository: RepositoryName, id: number, body: string): Promise<boolean> {
  const answer = await ask('PATCH', `${pathOf(repository)}/issues/comments/${id}`, undefined, { body })
  if (answer.status === 404) return false
  expectDone(answer, repository, RIGHT)
  return true
}

/** One that is not there is deleted. @throws github_denied, github_unavailable */
export async function deleteComment(ask: Ask, repository: RepositoryName, id: number): Promise<void> {
  const answer = await ask('DELETE', `${pathOf(repository)}/issues/comments/${id}`)
  if (answer.status !== 404) expectDone(answer, repository, RIGHT)
}
