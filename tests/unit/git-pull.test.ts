import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createGit } from '../../server/adapters/git.ts'
import { type GitServer, type Repository, startGitServer } from '../support/git-server.ts'
import { makeFolder } from '../support/temp-folder.ts'

let server: GitServer
let repository: Repository
let first: string
let folder: string

beforeAll(async () => {
  server = await startGitServer()
  repository = await server.makeRepository('acme', 'app')
  await repository.commit({ 'index.html': 'main' }, 'Main')
  first = await repository.commit({ 'index.html': 'topic' }, 'Topic', 'topic')
  await repository.pull(7, first)
})
afterAll(() => server.stop())
beforeEach(() => {
  folder = path.join(makeFolder(), 'checkout')
})

const checkOut = (pull: { number: number; sha?: string }) =>
  createGit(path.join(makeFolder(), 'home')).checkOut({ url: repository.url, branch: null, pull, folder })
const read = () => readFileSync(path.join(folder, 'index.html'), 'utf8')

test('the head of a pull request is checked out, without a trace of the address', async () => {
  expect(await checkOut({ number: 7 })).toMatchObject({ sha: first, message: 'Topic' })
  expect(read()).toBe('topic')
  expect(readFileSync(path.join(folder, '.git', 'config'), 'utf8')).not.toContain('http')
})

test('a commit that was asked for comes, though the pull request went on', async () => {
  const next = await repository.commit({ 'index.html': 'evil' }, 'After the approval', 'topic')
  await repository.pull(7, next)
  expect(await checkOut({ number: 7, sha: first })).toMatchObject({ sha: first })
  expect(read()).toBe('topic')
  expect(await checkOut({ number: 7 })).toMatchObject({ sha: next })
})

test('a commit that is not there is refused, with nothing checked out', async () => {
  const wanted = checkOut({ number: 7, sha: 'd'.repeat(40) })
  await expect(wanted).rejects.toMatchObject({ code: 'branch_not_found', message: expect.stringContaining('ddddddd') })
  expect(existsSync(path.join(folder, 'index.html'))).toBe(false)
})

test('a pull request that is not there is told as that', async () => {
  await expect(checkOut({ number: 8 })).rejects.toMatchObject({
    code: 'branch_not_found',
    message: expect.stringContaining('pull request 8'),
  })
})

test('a commit that was asked for comes, though the branch went on; one that is gone is told', async () => {
  const git = createGit(path.join(makeFolder(), 'home'))
  const then = await repository.commit({ 'index.html': 'then' }, 'Then')
  await repository.commit({ 'index.html': 'now' }, 'Now')
  expect(await git.checkOut({ url: repository.url, branch: null, commit: then, folder })).toMatchObject({ sha: then })
  expect(read()).toBe('then')
  const gone = git.checkOut({ url: repository.url, branch: null, commit: 'f'.repeat(40), folder })
  await expect(gone).rejects.toMatchObject({ code: 'branch_not_found', message: expect.stringContaining('fffffff') })
})
