import { afterEach, beforeEach, expect, test } from 'vitest'
import { createGithubApp, type GithubApp } from '../../server/adapters/github-app.ts'
import { makeManifest } from '../../server/adapters/github-manifest.ts'
import type { AppCredentials } from '../../server/db/github-app.ts'
import { type GithubStandIn, startGithub } from '../support/github.ts'

const repository = { owner: 'acme', name: 'secret' }
let github: GithubStandIn
let kept: AppCredentials | undefined
let clock: number
let app: GithubApp

beforeEach(async () => {
  github = await startGithub()
  clock = 0
  app = createGithubApp({ apiUrl: github.apiUrl, load: async () => kept, now: () => Date.now() + clock })
  kept = await app.exchange(github.submitManifest(makeManifest('https://slipway.example.com', true)))
  github.state.installations = [
    {
      id: 7,
      account: 'acme',
      repositories: ['acme/secret'],
      permissions: { ...github.state.app?.permissions },
      suspended: false,
    },
  ]
})
afterEach(() => github.stop())

const asked = (line: string) => github.requests.filter((it) => it.line.endsWith(line)).length

test('whoever asks at the same time shares one token', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => app.actOn(repository)))
  expect(new Set(all.map((it) => it?.token)).size).toBe(1)
  expect(asked('/access_tokens')).toBe(1)
  expect(github.violations).toEqual([])
})

test('a token is used for 55 minutes, and replaced after', async () => {
  const first = await app.actOn(repository)
  clock = 54 * 60_000
  expect((await app.actOn(repository))?.token).toBe(first?.token)
  // The next signature has to be right for GitHub's clock, so it is the token that ends earlier.
  clock = 0
  github.state.tokenLifeMs = 5 * 60_000
  app.forget(repository)
  const short = await app.actOn(repository)
  expect((await app.actOn(repository))?.token).not.toBe(short?.token)
})

test('a request that is refused with a revoked token is made once more with a new one', async () => {
  const ask = (await app.actOn(repository))?.ask
  github.state.tokens.clear()
  expect(await ask?.('GET', '/repos/acme/secret/commits')).toMatchObject({ status: 200 })
  expect(asked('/access_tokens')).toBe(2)
})

test('when the App was uninstalled meanwhile that is the error, after one more try', async () => {
  const ask = (await app.actOn(repository))?.ask
  github.state.installations = []
  await expect(ask?.('GET', '/repos/acme/secret/commits')).rejects.toMatchObject({
    code: 'github_denied',
    message: expect.stringContaining('still installed'),
  })
  expect(await app.actOn(repository)).toBeUndefined()
})

test('where there is no App, nobody is asked', async () => {
  kept = undefined
  const before = github.requests.length
  expect(await app.actOn(repository)).toBeUndefined()
  expect(await app.listInstallations()).toEqual([])
  expect(github.requests.length).toBe(before)
})

test('a clock that is far off is what GitHub refuses', async () => {
  clock = 60 * 60_000
  await expect(app.actOn(repository)).rejects.toMatchObject({ code: 'github_denied' })
})

test('the first answer that fails is not kept: the next one who asks gets a token', async () => {
  github.state.fault = '500'
  await expect(app.actOn(repository)).rejects.toMatchObject({ code: 'github_unavailable' })
  github.state.fault = undefined
  expect(await app.actOn(repository)).toMatchObject({ token: expect.stringMatching(/^ghs_/) })
})

test('a repository that was renamed gets its token by the id that GitHub answers with', async () => {
  github.state.renamed['acme/secret'] = 42
  expect(await app.actOn(repository)).toMatchObject({ token: expect.stringMatching(/^ghs_/) })
  expect(github.violations).toEqual([])
})
