import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGit } from '../../server/adapters/git.ts'
import { checkTree, limitDownload } from '../../server/adapters/git-size.ts'
import { type GitServer, type Repository, startGitServer } from '../support/git-server.ts'
import { makeFolder } from '../support/temp-folder.ts'

let server: GitServer
beforeAll(async () => {
  server = await startGitServer()
})
afterAll(() => server.stop())

const MIB = 2 ** 20
const limits = { bytes: 5 * MIB, files: 1000 }
const git = (folder: string, input: string, ...args: string[]) =>
  execFileSync('git', args, { cwd: folder, input, encoding: 'utf8' }).trim()

/** A commit of `levels` folders in each other, each of them with ten names for the next: 10^levels files. */
function commitBomb({ folder }: Repository, levels: number): void {
  let id = git(folder, 'x', 'hash-object', '-w', '--stdin')
  for (let level = 0; level < levels; level++) {
    const entry = level === 0 ? `100644 blob ${id}` : `040000 tree ${id}`
    id = git(folder, Array.from({ length: 10 }, (_, index) => `${entry}\t${index}\n`).join(''), 'mktree')
  }
  const commit = git(folder, '', '-c', 'user.name=Ada', '-c', 'user.email=a@b.c', 'commit-tree', id, '-m', 'Bomb')
  git(folder, '', 'push', '-q', '--force', 'origin', `${commit}:refs/heads/main`)
}

async function checkOut({ url }: Repository, folder = path.join(makeFolder(), 'checkout')) {
  await createGit(path.join(makeFolder(), 'home'), limits).checkOut({ url, branch: 'main', folder })
  return folder
}

describe('19 of a repository nothing is written to files', () => {
  test('that has a million of them, from seven objects', async () => {
    const repository = await server.makeRepository('evil', 'million')
    commitBomb(repository, 6)
    const folder = path.join(makeFolder(), 'checkout')
    await expect(checkOut(repository, folder)).rejects.toMatchObject({ code: 'repository_too_large' })
    expect(await readdir(folder)).toEqual(['.git'])
  })

  test('that unpacks to far more than it is: ten thousand million files are not counted to the end', async () => {
    const repository = await server.makeRepository('evil', 'billions')
    commitBomb(repository, 10)
    const began = Date.now()
    await expect(checkOut(repository)).rejects.toMatchObject({ code: 'repository_too_large' })
    expect(Date.now() - began).toBeLessThan(10_000)
  })

  test('that is one file of zeros, larger than allowed', async () => {
    const repository = await server.makeRepository('evil', 'zeros')
    writeFileSync(path.join(repository.folder, 'zeros'), Buffer.alloc(40 * MIB))
    await repository.commit({}, 'Zeros')
    await expect(checkOut(repository)).rejects.toMatchObject({
      code: 'repository_too_large',
      message: expect.stringContaining('SLIPWAY_REPOSITORY_MAX_MB'),
    })
  })
})

test('19 what git cannot count to the end is not taken for small', async () => {
  const folder = makeFolder()
  git(folder, '', 'init', '-q')
  const tree = git(folder, `040000 tree ${'1'.repeat(40)}\tgone\n`, 'mktree', '--missing')
  const commit = git(folder, '', '-c', 'user.name=Ada', '-c', 'user.email=a@b.c', 'commit-tree', tree, '-m', 'Torn')
  git(folder, '', 'update-ref', 'HEAD', commit)
  await expect(checkTree(folder, { PATH: process.env.PATH ?? '' }, limits)).rejects.toMatchObject({
    code: 'repository_unreachable',
  })
})

test('19 a download that grows too large is ended while it runs', async () => {
  const folder = makeFolder()
  const limit = limitDownload(folder, limits)
  try {
    const packs = path.join(folder, '.git/objects/pack')
    mkdirSync(packs, { recursive: true })
    writeFileSync(path.join(packs, 'tmp_pack_a'), Buffer.alloc(4 * MIB))
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(limit.signal.aborted).toBe(false)
    writeFileSync(path.join(packs, 'tmp_pack_a'), Buffer.alloc(6 * MIB))
    await expect.poll(() => limit.signal.reason).toMatchObject({ code: 'repository_too_large' })
  } finally {
    limit.stop()
  }
})

test('what is within the limits is checked out whole', async () => {
  const repository = await server.makeRepository('acme', 'small')
  await repository.commit({ 'a/b.txt': 'text', 'ümlaut\n.txt': 'odd name' }, 'Small')
  const folder = await checkOut(repository)
  expect(existsSync(path.join(folder, 'a/b.txt'))).toBe(true)
  await checkTree(folder, { PATH: process.env.PATH ?? '' }, limits)
})
