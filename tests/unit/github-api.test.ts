import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Ask, createAsk } from '../../server/adapters/github-api.ts'
import { addRepositoryKey, listRepositoryKeys, removeRepositoryKey } from '../../server/adapters/github-keys.ts'
import { makeSshKey } from '../../server/ssh-key.ts'
import { type GithubStandIn, startGithub } from '../support/github.ts'

const repository = { owner: 'acme', name: 'secret' }
let github: GithubStandIn
beforeEach(async () => {
  github = await startGithub()
})
afterEach(async () => {
  await github.stop()
  expect(github.violations).toEqual([])
})
const ask = (...request: Parameters<ReturnType<typeof createAsk>>) =>
  createAsk({ apiUrl: github.apiUrl, token: github.token })(...request)

test('a repository that was renamed is read and changed where it is now', async () => {
  github.state.renamed['acme/secret'] = 42
  const { publicKey } = makeSshKey('test')
  expect(await addRepositoryKey(ask, repository, { title: 'ours', publicKey })).toBe('ours')
  expect(await listRepositoryKeys(ask, repository)).toMatchObject([{ title: 'ours' }])
  await removeRepositoryKey(ask, repository, 'ours')
  expect(github.state.keys['acme/secret']).toEqual([])
  expect(github.requests.map((it) => it.line)).toContain('POST /api/v3/repositories/42/keys')
})

test('a redirect to another host is not followed: it would take the token along', async () => {
  const other = await startGithub()
  github.state.fault = 'redirect'
  github.state.redirectTo = `${other.apiUrl}/user`
  await expect(ask('GET', '/user')).rejects.toMatchObject({
    code: 'github_unavailable',
    message: expect.stringContaining('SLIPWAY_GITHUB_API_URL'),
  })
  expect(other.requests).toEqual([])
  await other.stop()
})

test('a redirect that leads to itself is not followed for ever', async () => {
  github.state.fault = 'redirect'
  github.state.redirectTo = `${github.apiUrl}/user`
  await expect(ask('GET', '/user')).rejects.toThrow(/redirects/)
  expect(github.requests).toHaveLength(2)
})

test.each([
  ['rate limit', { 'x-ratelimit-remaining': '0' }],
  ['secondary rate limit', { 'retry-after': '60', 'x-ratelimit-remaining': '4000' }],
])('a %s is no refusal: the keys are not taken for ones that nobody may see', async (_, headers) => {
  const limited: Ask = async () => ({ status: 403, headers: new Headers(headers), body: { message: 'too many' } })
  const pause = { code: 'github_unavailable', message: expect.stringContaining('pause') }
  await expect(listRepositoryKeys(limited, repository)).rejects.toMatchObject(pause)
  await expect(removeRepositoryKey(limited, repository, 'ours')).rejects.toMatchObject(pause)
})
