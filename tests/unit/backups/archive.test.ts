import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decrypt } from '../../../server/age.ts'
import { readArchive } from '../../../server/deploy/backups/read-archive.ts'
import { sumOfTar } from '../../../server/deploy/backups/tar-sum.ts'
import { type Contents, filesOf } from '../../../server/deploy/backups/write-archive.ts'
import type { TarFile } from '../../../server/tar.ts'
import { inPieces, manifestOf, PASSPHRASE, seal, volumeTar } from '../../support/backup-file.ts'
import { makeFolder } from '../../support/temp-folder.ts'

const MB = 2 ** 20

async function contentsOf(tars: Record<string, Buffer | undefined>): Promise<Contents & { database: Buffer }> {
  const databaseFile = path.join(makeFolder(), 'copy.db')
  const database = randomBytes(100_000)
  writeFileSync(databaseFile, database)
  const manifest = manifestOf(Object.keys(tars).map((name) => ({ name, deploymentId: 'd', app: 'shop' })))
  async function* volumes() {
    for (const [name, tar] of Object.entries(tars)) yield { name, tar: tar && inPieces(tar) }
  }
  return { manifest, databaseFile, keys: 'key\n', volumes: volumes(), database }
}

const nothing = () => undefined
const read = (bytes: Buffer, taker = {}) => readArchive(inPieces(bytes), PASSPHRASE, taker)

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}

test('all of it comes back, byte for byte: the database, the keys, volumes of many parts and of none', async () => {
  const large = await volumeTar({ 'large.bin': randomBytes(9 * MB), 'small.txt': 'small' })
  const empty = await volumeTar({})
  const contents = await contentsOf({ large, gone: undefined, empty })
  const bytes = await seal(filesOf(contents, nothing))

  const taken = new Map<string, Buffer>()
  const take = (name: string) => async (body: AsyncIterable<Uint8Array>) => void taken.set(name, await collect(body))
  const { manifest, sums } = await read(bytes, {
    database: take('database'),
    keys: async (text: string) => void taken.set('keys', Buffer.from(text)),
    volume: ({ name }: { name: string }, tar: AsyncIterable<Uint8Array>) => take(name)(tar),
  })
  expect(manifest).toEqual(contents.manifest)
  const written = { database: contents.database, keys: Buffer.from('key\n'), large, empty }
  expect([...taken.keys()]).toEqual(Object.keys(written))
  for (const [name, content] of Object.entries(written)) expect(taken.get(name)?.equals(content)).toBe(true)
  expect(sums.volumes).toMatchObject([
    { name: 'large', bytes: large.length, files: { entries: 3, bytes: 9 * MB + 5 } },
    { name: 'gone', missing: true },
    { name: 'empty', files: { entries: 1 } },
  ])
})

test('what nobody takes is read and compared all the same', async () => {
  const bytes = await seal(filesOf(await contentsOf({ data: await volumeTar({ a: 'b' }) }), nothing))
  expect((await read(bytes)).sums.volumes).toHaveLength(1)
})

test('without Slipway it opens with age, gunzip and tar', async () => {
  const data = await volumeTar({ 'a.txt': 'hello' })
  const bytes = await seal(filesOf(await contentsOf({ data }), nothing))
  const folder = makeFolder()
  writeFileSync(path.join(folder, 'all.tar'), gunzipSync(await collect(decrypt(inPieces(bytes), PASSPHRASE))))
  execFileSync('tar', ['-xf', 'all.tar'], { cwd: folder })
  execFileSync('tar', ['-xf', 'volumes/000000/000000'], { cwd: folder })
  expect(readFileSync(path.join(folder, 'volume', 'a.txt'), 'utf8')).toBe('hello')
  expect(JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8'))).toMatchObject({ format: 1 })
})

describe('an archive that says something else than it holds is refused', () => {
  async function filesWith(change: (files: TarFile[]) => TarFile[]): Promise<Buffer> {
    const files: TarFile[] = []
    for await (const file of filesOf(await contentsOf({ data: await volumeTar({ a: randomBytes(9 * MB) }) }), nothing))
      files.push({ ...file, body: [await collect(file.body as AsyncIterable<Uint8Array>)] })
    async function* changed() {
      yield* change(files)
    }
    return seal(changed())
  }
  const named = (name: string) => (file: TarFile) => file.name === name

  test('as it was written it is taken', async () => {
    await expect(read(await filesWith((files) => files))).resolves.toBeDefined()
  })
  test.each(['manifest.json', 'slipway.db', 'secret.key', 'end.json'])('%s is missing', async (name) => {
    const bytes = await filesWith((files) => files.filter((it) => it.name !== name))
    await expect(read(bytes)).rejects.toMatchObject({ code: 'backup_damaged' })
  })
  test.each([0, 1, 2])('part %i of a volume is missing', async (part) => {
    const bytes = await filesWith((files) => files.filter((it) => it.name !== `volumes/000000/00000${part}`))
    await expect(read(bytes)).rejects.toMatchObject({ code: 'backup_damaged' })
  })
  test('a whole volume is missing', async () => {
    const bytes = await filesWith((files) => files.filter((it) => !it.name.startsWith('volumes/')))
    await expect(read(bytes)).rejects.toMatchObject({ code: 'backup_damaged' })
  })
  test('two parts are the wrong way round', async () => {
    const bytes = await filesWith((files) => {
      const [a, b] = [files.findIndex(named('volumes/000000/000000')), files.findIndex(named('volumes/000000/000001'))]
      return files.map((it, index) => (index === a ? files[b] : index === b ? files[a] : it) ?? it)
    })
    await expect(read(bytes)).rejects.toMatchObject({ code: 'backup_damaged' })
  })
  test('something stands behind the end', async () => {
    const bytes = await filesWith((files) => [...files, { name: 'more', size: 1, body: [Buffer.from('x')] }])
    await expect(read(bytes)).rejects.toMatchObject({ code: 'backup_damaged' })
  })
  test('another database than the sums say', async () => {
    const bytes = await filesWith((files) =>
      files.map((it) => (it.name === 'slipway.db' ? { ...it, size: 1, body: [Buffer.from('x')] } : it)),
    )
    await expect(read(bytes)).rejects.toMatchObject({ code: 'backup_damaged' })
  })
  test('a format of a later version', async () => {
    const text = Buffer.from(JSON.stringify({ ...manifestOf(), format: 2 }))
    const bytes = await filesWith((files) =>
      files.map((it) => (it.name === 'manifest.json' ? { ...it, size: text.length, body: [text] } : it)),
    )
    await expect(read(bytes)).rejects.toThrow(/newer Slipway/)
  })
})

describe('a volume that the engine hands over in part', () => {
  const write = async (tar: Buffer) => seal(filesOf(await contentsOf({ data: tar }), nothing))

  test.each([
    ['within a file', (tar: Buffer) => tar.subarray(0, 1500)],
    ['between two files', (tar: Buffer) => tar.subarray(0, 1024)],
    ['before the end mark', (tar: Buffer) => tar.subarray(0, tar.length - 1024)],
    [
      'with a message in its place',
      (tar: Buffer) => Buffer.concat([tar.subarray(0, 1024), Buffer.from('{"message":"x"}')]),
    ],
    ['with nothing at all', () => Buffer.alloc(0)],
  ])('%s makes no backup', async (_, cut) => {
    const tar = await volumeTar({ a: 'x'.repeat(2000), b: 'y' })
    await expect(write(cut(tar))).rejects.toMatchObject({ code: 'backup_damaged' })
  })

  test('an error on the way is the error of the backup', async () => {
    async function* broken() {
      yield Buffer.alloc(512)
      throw new Error('the engine hung up')
    }
    const contents = await contentsOf({})
    contents.volumes = (async function* () {
      yield { name: 'data', tar: broken() }
    })()
    await expect(seal(filesOf(contents, nothing))).rejects.toThrow('the engine hung up')
  })
})

describe('the sum of a tar', () => {
  test('is the same in another order, and another one when a name, a byte, an owner or a mode changes', async () => {
    const sum = async (files: Record<string, string>) => (await sumOfTar(inPieces(await volumeTar(files)))).sum
    const one = await sum({ a: '1', b: '2' })
    expect(await sum({ b: '2', a: '1' })).toBe(one)
    for (const other of [{ a: '1', c: '2' }, { a: '1', b: '3' }, { a: '1' }, { a: '2', b: '1' }])
      expect(await sum(other)).not.toBe(one)
  })
})
