import { execFileSync } from 'node:child_process'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GitServer, startGitServer } from '../support/git-server.ts'
import { createSlipway, type Slipway } from '../support/slipway.ts'

const TOKEN = 'ghp_inspect'
let git: GitServer
let slipway: Slipway

beforeAll(async () => {
  git = await startGitServer()
  slipway = await createSlipway({ SLIPWAY_GITHUB_URL: git.url, SLIPWAY_GITHUB_TOKEN: TOKEN, SLIPWAY_NGINX: 'off' })
  await slipway.start()
  const repository = await git.makeRepository('acme', 'My.App')
  for (const branch of ['main', 'fix/login']) await repository.commit({ 'index.html': branch }, 'A page', branch)
})
afterAll(async () => {
  await slipway.destroy()
  await git.stop()
})

const inspect = (githubUrl: string) => slipway.api('POST', '/api/repository', { githubUrl })

/** Git itself and its transports: what the server has started and what these have. */
function gitProcesses(): string[] {
  const all = execFileSync('ps', ['-eo', 'pid=,ppid=,comm='], { encoding: 'utf8' }).trim().split('\n')
  const rows = all.map((line) => line.trim().split(/\s+/))
  const below = (pid: string): string[] =>
    rows.flatMap(([own = '', parent, name = '']) => (parent === pid ? [name, ...below(own)] : []))
  return below(String(slipway.pid())).filter((name) => name.startsWith('git'))
}

test.each([
  ['acme/My.App', null, ''],
  ['tree/main', 'main', ''],
  ['tree/main/apps/web', 'main', 'apps/web'],
  ['tree/fix/login', 'fix/login', ''],
  ['tree/fix/login/apps/web', 'fix/login', 'apps/web'],
  ['blob/fix/login/apps/web/package.json', 'fix/login', 'apps/web'],
  ['blob/fix/login/src/server.js#L3', 'fix/login', ''],
  ['pull/3', null, ''],
])('%s: branch %s, folder “%s”', async (address, branch, rootDir) => {
  const { status, body } = await inspect(address !== 'acme/My.App' ? `${git.url}/acme/My.App/${address}` : address)
  expect(status).toBe(200)
  expect(body).toEqual({
    url: `${git.url}/acme/My.App`,
    owner: 'acme',
    name: 'My.App',
    branch,
    rootDir,
    defaultBranch: 'main',
    branches: ['fix/login', 'main'],
    isPrivate: false,
    suggestedSubdomain: 'my-app',
  })
})

test('a public repository is asked without the token', async () => {
  const before = git.requests.length
  await inspect('acme/My.App')
  expect(git.requests.slice(before).map((it) => it.authorization)).not.toContain(expect.anything())
})

test('one that wants the token is private', async () => {
  const repository = await git.makeRepository('acme', 'secret')
  await repository.commit({ 'index.html': 'hidden' }, 'A page')
  git.protect('acme', 'secret', TOKEN)
  expect((await inspect('acme/secret')).body).toMatchObject({ isPrivate: true, branches: ['main'] })
})

test.each([
  ['https://example.com/o/r', 400, 'invalid_input', /owner\/name/],
  ['acme/My.App/tree/gone/apps', 404, 'branch_not_found', /“gone\/apps”/],
  [
    'acme/nothing-here',
    404,
    'repository_not_found',
    /typo, and that the token or the App that is connected may read it/,
  ],
])('%s is refused: %s %s', async (address, status, code, says) => {
  const reply = await inspect(address)
  expect(reply).toMatchObject({ status, body: { code, field: 'githubUrl' } })
  expect(`${reply.body.message} ${reply.body.hint ?? ''}`).toMatch(says)
})

test('without a token the hint says to set one', async () => {
  const other = await createSlipway({ SLIPWAY_GITHUB_URL: git.url, SLIPWAY_NGINX: 'off' })
  try {
    await other.start()
    const { body } = await other.api('POST', '/api/repository', { githubUrl: 'acme/secret' })
    expect(body).toMatchObject({
      code: 'repository_not_found',
      message: expect.not.stringContaining('SLIPWAY_GITHUB_TOKEN'),
      hint: expect.stringMatching(/connect GitHub: with an App, a token or a deploy key/),
    })
  } finally {
    await other.destroy()
  }
})

test('one without a commit is empty', async () => {
  await git.makeRepository('acme', 'empty')
  expect(await inspect('acme/empty')).toMatchObject({ status: 422, body: { code: 'repository_empty' } })
})

test('branches whose names could not be deployed are left out', async () => {
  const repository = await git.makeRepository('acme', 'hostile')
  await repository.commit({ 'index.html': 'x' }, 'A page')
  const push = (name: string) =>
    execFileSync('git', ['push', '--quiet', 'origin', `HEAD:refs/heads/${name}`], { cwd: repository.folder })
  for (const name of ['$(id)', '-upload-pack', '<script>alert(1)<', 'good']) push(name)
  expect((await inspect('acme/hostile')).body.branches).toEqual(['good', 'main'])
})

test('the subdomain suggested is free', async () => {
  const taken = { githubUrl: 'acme/My.App', branch: 'gone', subdomain: 'my-app' }
  expect((await slipway.api('POST', '/api/deployments', taken)).status).toBe(202)
  expect((await inspect('acme/My.App')).body.suggestedSubdomain).toBe('my-app-2')
  await slipway.api('POST', '/api/deployments', { ...taken, subdomain: 'my-app-2' })
  expect((await inspect('acme/My.App')).body.suggestedSubdomain).toBe('my-app-3')
})

test('three are asked at once; some more wait for their turn, and the rest are told that it is busy', async () => {
  await git.makeRepository('acme', 'slow')
  const held: ServerResponse[] = []
  const refuse = (response: ServerResponse) => response.writeHead(404).end()
  git.intercept('acme', 'slow', (_request, response) => void held.push(response))
  const asked = Array.from({ length: 15 }, () => inspect('acme/slow'))
  await expect.poll(() => held.length, { timeout: 10_000 }).toBe(3)
  const [first] = await Promise.all([
    inspect('acme/slow'),
    slipway.api('POST', '/api/plan', { githubUrl: 'acme/slow' }),
  ])
  expect(first).toMatchObject({ status: 429, body: { code: 'busy', message: expect.stringMatching(/try again/) } })
  expect(held).toHaveLength(3)
  git.intercept('acme', 'slow', (_request, response) => void refuse(response))
  held.forEach(refuse)
  const answers = await Promise.all(asked)
  expect(new Set(answers.map((it) => it.body.code))).toEqual(new Set(['repository_not_found']))
})

test('git ends when the one who asked goes away', async () => {
  await git.makeRepository('acme', 'silent')
  git.intercept('acme', 'silent', () => undefined)
  const gone = new AbortController()
  const asking = fetch(`${slipway.url}/api/repository`, {
    method: 'POST',
    headers: { authorization: `Bearer ${slipway.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ githubUrl: 'acme/silent' }),
    signal: gone.signal,
  })
  await expect.poll(gitProcesses, { timeout: 5000 }).not.toEqual([])
  gone.abort()
  await expect(asking).rejects.toThrow()
  await expect.poll(gitProcesses, { timeout: 2000 }).toEqual([])
})

test('and after 20 seconds', async () => {
  const reply = await inspect('acme/silent')
  expect(reply).toMatchObject({ status: 502, body: { code: 'repository_unreachable' } })
  expect(reply.body.message).toMatch(/within 20 seconds/)
  await expect.poll(gitProcesses, { timeout: 2000 }).toEqual([])
})
