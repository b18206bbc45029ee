import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGit, type Git } from '../../server/adapters/git.ts'
import { makeSshKey } from '../../server/ssh-key.ts'
import { type GitServer, startGitServer } from '../support/git-server.ts'
import { argumentLists } from '../support/processes.ts'
import { type SshGitServer, startSshGitServer } from '../support/ssh-git-server.ts'

let server: GitServer
let ssh: SshGitServer
let folder: string
let git: Git
const key = makeSshKey('slipway:acme/closed')
const urlOf = (name: string) => `ssh://${ssh.address}/acme/${name}.git`

beforeAll(async () => {
  // A folder with what SSH's configuration would read as an option, a comment or a variable.
  folder = await mkdtemp(path.join(tmpdir(), `slipway it's 100%h `))
  server = await startGitServer()
  ssh = await startSshGitServer(server.folder)
  git = createGit(path.join(folder, 'git-home'))
  for (const name of ['closed', 'other']) {
    const repository = await server.makeRepository('acme', name)
    await repository.commit({ 'index.html': name }, `Begin ${name}`)
  }
  ssh.allow({ 'acme/closed': [key.publicKey] })
})
afterAll(async () => {
  await ssh.stop()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const keysIn = () => readdirSync(path.join(folder, 'git-home', 'keys'), { recursive: true })
const checkOut = (name: string, sshKey = key.privateKey) =>
  git.checkOut({ url: urlOf(name), branch: null, folder: path.join(folder, `clone-${name}`), sshKey })

test('a key clones its repository; while git runs it lies in a file that only we can read, and then nowhere', async () => {
  const release = await ssh.hold()
  const cloning = checkOut('closed')
  while (!(await argumentLists()).some((list) => list.includes('git-upload-pack'))) await sleep(20)
  const [, file = ''] = keysIn().map(String).sort()
  const whole = path.join(folder, 'git-home', 'keys', file)
  expect(readFileSync(whole, 'utf8')).toBe(key.privateKey)
  expect(statSync(whole).mode & 0o777).toBe(0o600)
  const secret = key.privateKey.split('\n')[3] ?? ''
  expect((await argumentLists()).filter((list) => list.includes(secret))).toEqual([])
  await release()
  expect(await cloning).toMatchObject({ branch: 'main', message: 'Begin closed' })
  expect(keysIn()).toEqual([])
  const config = readFileSync(path.join(folder, 'clone-closed', '.git', 'config'), 'utf8')
  expect(config).toContain('acme/closed')
  expect(config).not.toMatch(/PRIVATE|sshCommand|keys/)
})

test('its branches are asked for the same way', async () => {
  expect(await git.remoteBranches({ url: urlOf('closed'), sshKey: key.privateKey })).toMatchObject({
    head: 'main',
    branches: ['main'],
  })
})

test.each([
  ['another repository', 'other', () => key.privateKey],
  ['a key that nobody added', 'closed', () => makeSshKey('stranger').privateKey],
  ['a repository that is not there', 'nowhere', () => key.privateKey],
])('%s is refused, and what to look at is said', async (_, name, sshKey) => {
  await expect(checkOut(name, sshKey())).rejects.toMatchObject({
    code: 'repository_not_found',
    hint: expect.stringContaining('deploy key'),
  })
  expect(keysIn()).toEqual([])
})

test('a clone that is given up leaves no key and no process behind', async () => {
  const release = await ssh.hold()
  const gone = new AbortController()
  const asking = git.remoteBranches({ url: urlOf('closed'), sshKey: key.privateKey, signal: gone.signal })
  const ours = async () => (await argumentLists()).filter((list) => list.includes(folder))
  while (!(await ours()).some((list) => list.startsWith('ssh '))) await sleep(10)
  await sleep(500)
  gone.abort()
  await expect(asking).rejects.toMatchObject({ name: 'AbortError' })
  expect(keysIn()).toEqual([])
  await expect.poll(ours, { timeout: 5000 }).toEqual([])
  await release()
})

test('a key that a crash left is removed at the start', async () => {
  const left = path.join(folder, 'left', 'keys', 'key-x')
  createGit(path.join(folder, 'left'))
  await expect.poll(() => existsSync(path.join(folder, 'left', 'ask-pass'))).toBe(true)
  mkdirSync(left)
  writeFileSync(path.join(left, 'id'), key.privateKey)
  createGit(path.join(folder, 'left'))
  await expect.poll(() => existsSync(left)).toBe(false)
})

test('without a key nothing goes over SSH', async () => {
  await expect(git.remoteBranches({ url: urlOf('closed') })).rejects.toMatchObject({
    message: expect.stringContaining("transport 'ssh' not allowed"),
  })
})

test('a host that has another key than before is refused', async () => {
  await ssh.changeHostKey()
  await expect(checkOut('closed')).rejects.toMatchObject({
    code: 'repository_unreachable',
    message: expect.stringContaining('somebody may be in between'),
  })
})
