import { withoutComment } from '../ssh-key.ts'
import { expectDone, isForbidden, listOf, pathOf, type RepositoryName, type Right, textOf } from './github-answer.ts'
import type { Ask } from './github-api.ts'

/** Deploy keys of a repository: https://docs.github.com/rest/deploy-keys */

export type RepositoryKey = { id: number; title: string; key: string }

const RIGHT: Right = { what: 'manage the deploy keys', permission: 'Administration → Read and write' }
const PAGE = 100
const MOST_PAGES = 10

/**
 * The deploy keys of a repository; undefined when whoever asks may not see them.
 * @throws github_denied, github_unavailable
 */
export async function listRepositoryKeys(
  ask: Ask,
  repository: RepositoryName,
  signal?: AbortSignal,
): Promise<RepositoryKey[] | undefined> {
  const keys: RepositoryKey[] = []
  for (let page = 1; page <= MOST_PAGES; page++) {
    const answer = await ask('GET', `${pathOf(repository)}/keys?per_page=${PAGE}&page=${page}`, signal)
    if (isForbidden(answer)) return undefined
    const found = listOf(expectDone(answer, repository, RIGHT).body)
    keys.push(...found.map(({ id, title, key }) => ({ id: Number(id), title: textOf(title), key: textOf(key) })))
    if (found.length < PAGE) break
  }
  return keys
}

/**
 * Lets a key read a repository, unless it may already. Answers whose it is: `ours` under the title, `theirs` when
 * somebody added it by hand, undefined when whoever asks may not add keys.
 * @throws github_denied, github_unavailable
 */
export async function addRepositoryKey(
  ask: Ask,
  repository: RepositoryName,
  { title, publicKey }: { title: string; publicKey: string },
  signal?: AbortSignal,
): Promise<'ours' | 'theirs' | undefined> {
  const key = withoutComment(publicKey)
  const known = (await listRepositoryKeys(ask, repository, signal))?.find((it) => withoutComment(it.key) === key)
  if (known) return known.title === title ? 'ours' : 'theirs'
  const answer = await ask('POST', `${pathOf(repository)}/keys`, signal, { title, key, read_only: true })
  if (isForbidden(answer)) return undefined
  expectDone(answer, repository, RIGHT)
  return 'ours'
}

/**
 * Takes a key away by its title. Answers how many there were of it, or undefined when whoever asks may not see the keys
 * or take them away: then it may be there still.
 * @throws github_denied, github_unavailable
 */
export async function removeRepositoryKey(
  ask: Ask,
  repository: RepositoryName,
  title: string,
): Promise<number | undefined> {
  const keys = await listRepositoryKeys(ask, repository)
  const found = keys?.filter((it) => it.title === title)
  for (const { id } of found ?? []) {
    const answer = await ask('DELETE', `${pathOf(repository)}/keys/${id}`)
    if (answer.status === 404) continue
    if (isForbidden(answer)) return undefined
    expectDone(answer, repository, RIGHT)
  }
  return found?.length
}
