import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createS3, type S3 } from '../../../server/adapters/s3.ts'
import { type S3Server, startS3 } from '../../support/s3-server.ts'
import { makeFolder } from '../../support/temp-folder.ts'

const MB = 2 ** 20
let server: S3Server
let s3: S3
const config = () => ({
  endpoint: server.url,
  region: 'us-east-1',
  bucket: server.bucket,
  accessKeyId: server.accessKeyId,
  secretAccessKey: server.secretAccessKey,
})

beforeAll(async () => {
  server = await startS3()
  s3 = await createS3(config())
})
afterAll(() => server.stop())
afterEach(() => {
  server.refuse = undefined
  server.hang = false
})

function makeFile(bytes: Buffer): string {
  const file = path.join(makeFolder(), 'file')
  writeFileSync(file, bytes)
  return file
}
async function upload(key: string, bytes: Buffer, signal = new AbortController().signal) {
  const begun: string[] = []
  const sent: number[] = []
  const options = { signal, begun: async (id: string) => void begun.push(id), sent: (it: number) => void sent.push(it) }
  await s3.upload(key, makeFile(bytes), options)
  return { begun, sent }
}
async function download(key: string): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of await s3.download(key, new AbortController().signal)) parts.push(part)
  return Buffer.concat(parts)
}

test.each([0, 1, 8 * MB])('a file of %i bytes comes back as it was', async (size) => {
  const bytes = randomBytes(size)
  await upload('small', bytes)
  expect((await download('small')).equals(bytes)).toBe(true)
  expect(await s3.sizeOf('small')).toBe(size)
  expect(await s3.sizeOf('not-there')).toBeUndefined()
})

test('a large one goes up in parts, and says how far it is', async () => {
  const bytes = randomBytes(20 * MB + 3)
  const { begun, sent } = await upload('folder/large', bytes)
  expect(begun).toHaveLength(1)
  expect(sent).toEqual([8 * MB, 16 * MB, 20 * MB + 3])
  expect((await download('folder/large')).equals(bytes)).toBe(true)
})

test('one that is too much for a moment is tried again', async () => {
  let count = 0
  server.refuse = () => (++count % 3 === 0 ? undefined : 503)
  const bytes = randomBytes(9 * MB)
  await upload('patience', bytes)
  server.refuse = undefined
  expect((await download('patience')).equals(bytes)).toBe(true)
}, 60_000)

test('an upload that is given up leaves nothing that counts as an object', async () => {
  server.refuse = (method, url) => (method === 'PUT' && url.includes('partNumber=2') ? 400 : undefined)
  const begun: string[] = []
  const work = s3.upload('half', makeFile(randomBytes(17 * MB)), {
    signal: new AbortController().signal,
    begun: async (id) => void begun.push(id),
    sent: () => undefined,
  })
  await expect(work).rejects.toMatchObject({ code: 'backup_target_failed' })
  server.refuse = undefined
  expect(server.objects()).not.toContain('half')
  expect(server.uploads().length).toBeGreaterThan(0)
  await s3.abandon('half', begun[0] ?? '')
  expect(server.uploads()).toEqual([])
  await s3.abandon('half', begun[0] ?? '')
})

test('an upload ends when it is told to', async () => {
  const end = new AbortController()
  server.refuse = (_, url) => {
    if (url.includes('partNumber=2')) end.abort(new Error('enough'))
    return undefined
  }
  await expect(upload('ended', randomBytes(17 * MB), end.signal)).rejects.toThrow('enough')
})

test('who downloads may take their time, and storage that stops sending is given up', async () => {
  const bytes = randomBytes(12 * MB)
  await upload('slow', bytes)
  const hasty = await createS3(config(), 1000)
  let count = 0
  for await (const part of await hasty.download('slow', new AbortController().signal)) {
    if (count === 0) await new Promise((resolve) => setTimeout(resolve, 1500))
    count += part.length
  }
  expect(count).toBe(bytes.length)
  server.hang = true
  await expect(hasty.put('hangs', 'x')).rejects.toMatchObject({ code: 'backup_target_failed' })
  const half = await hasty.download('slow', new AbortController().signal).catch((error: Error) => error)
  expect(half).toMatchObject({ code: 'backup_target_failed' })
})

test('an object is deleted, and again', async () => {
  await s3.put('gone', 'x')
  await s3.remove('gone')
  await s3.remove('gone')
  await expect(download('gone')).rejects.toMatchObject({ code: 'backup_target_failed' })
})

describe('what it cannot do it says, with what to do, and without the key', () => {
  test.each([
    ['a wrong secret key', { secretAccessKey: 'wrong-secret-key' }, /secret key/],
    ['an unknown access key', { accessKeyId: 'nobody' }, /access key/],
    ['a bucket that is not there', { bucket: 'no-such-bucket' }, /Make the bucket/],
    ['an address where nothing answers', { endpoint: 'http://127.0.0.1:1' }, /can be reached/],
  ])('%s', async (_, wrong, said) => {
    const other = await createS3({ ...config(), ...wrong })
    const failure = await other.put('x', 'y').catch((error: Error) => error)
    expect(failure).toMatchObject({ code: 'backup_target_failed', message: expect.stringMatching(said) })
    expect(String((failure as Error).message)).not.toContain('wrong-secret-key')
  })

  test('a redirect is not followed: the signature would go along', async () => {
    server.refuse = () => 307
    await expect(s3.put('x', 'y')).rejects.toMatchObject({ code: 'backup_target_failed' })
  })
})
