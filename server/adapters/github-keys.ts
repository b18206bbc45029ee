import { withoutComment } from '../ssh-key.ts'
import { type Answer, type Ask, bodyOf, refusal } from './github-api.ts'

type RepositoryName = { owner: string; name: string }
type RepositoryKey = { id: number; title: string; key: string }

const PAGE = 100
const MOST_PAGES = 10

/** Whoever asks may not see the keys, or not change them. GitHub says 404 of what one may not know of. */
const mayNot = ({ status, headers }: Answer) =>
  (status === 403 && headers.get('x-ratelimit-remaining') !== '0') || status === 404

/**
 * The deploy keys of a repository; undefined when whoever asks may not see them.
 * @throws GithubFailure
 */
export async function listRepositoryKeys(
  ask: Ask,
  { owner, name }: RepositoryName,
): Promise<RepositoryKey[] | undefined> {
  const keys: RepositoryKey[] = []
  for (let page = 1; page <= MOST_PAGES; page++) {
    const answer = await ask('GET', `/repos/${owner}/${name}/keys?per_page=${PAGE}&page=${page}`)
    if (mayNot(answer)) return undefined
    const found = bodyOf<RepositoryKey[]>('the deploy keys', answer)
    keys.push(...found)
    if (found.length < PAGE) break
  }
  return keys
}

/**
 * Lets a key read a repository, unless it may already. Answers whose it is: `ours` under the title, `theirs` when
 * somebody added it by hand, undefined when whoever asks may not add keys.
 * @throws GithubFailure
 */
export async function addRepositoryKey(
  ask: Ask,
  repository: RepositoryName,
  { title, publicKey }: { title: string; publicKey: string },
): Promise<'ours' | 'theirs' | undefined> {
  const key = withoutComment(publicKey)
  const known = (await listRepositoryKeys(ask, repository))?.find((it) => withoutComment(it.key) === key)
  if (known) return known.title === title ? 'ours' : 'theirs'
  const { owner, name } = repository
  const answer = await ask('POST', `/repos/${owner}/${name}/keys`, undefined, { title, key, read_only: true })
  if (mayNot(answer)) return undefined
  bodyOf('the deploy key', answer, 201)
  return 'ours'
}

/** Takes a key away by its title. Answers whether whoever asks may see the keys; else it is still there. @throws GithubFailure */
export async function removeRepositoryKey(ask: Ask, repository: RepositoryName, title: string): Promise<boolean> {
  const { owner, name } = repository
  const keys = await listRepositoryKeys(ask, repository)
  for (const { id } of keys?.filter((it) => it.title === title) ?? []) {
    const answer = await ask('DELETE', `/repos/${owner}/${name}/keys/${id}`)
    if (answer.status === 403) return false
    if (answer.status !== 204 && answer.status !== 404) throw refusal('the removal of the deploy key', answer)
  }
  return keys !== undefined
}
