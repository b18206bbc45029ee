import { randomBytes } from 'node:crypto'
import { Decrypter, Encrypter } from 'age-encryption'
import { describe, expect, test } from 'vitest'
import { decrypt, encrypt } from '../../../server/age.ts'

const PASSPHRASE = 'a passphrase of many words'
const CHUNK = 64 * 1024
/** The head of a file and the tag of a chunk. */
const [NONCE, TAG] = [16, 16]

/** In pieces that fit nothing. */
async function* inPieces(bytes: Uint8Array, size = 10_007) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}
/** A small N: what is tried here is not how long a guess takes. */
const sealed = (plain: Uint8Array) => collect(encrypt(inPieces(plain), PASSPHRASE, 10))
const opened = (bytes: Uint8Array, passphrase = PASSPHRASE) => collect(decrypt(inPieces(bytes), passphrase))
const headOf = (bytes: Buffer) => bytes.indexOf('\n', bytes.indexOf('\n---') + 1) + 1 + NONCE

describe('the age format', () => {
  test.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])('%i bytes come back', async (size) => {
    const plain = randomBytes(size)
    expect((await opened(await sealed(plain))).equals(plain)).toBe(true)
  })

  test('is the same as that of the age library, both ways', async () => {
    const plain = randomBytes(2 * CHUNK + 77)
    const theirs = new Decrypter()
    theirs.addPassphrase(PASSPHRASE)
    expect(Buffer.from(await theirs.decrypt(await sealed(plain))).equals(plain)).toBe(true)

    const their = new Encrypter()
    their.setPassphrase(PASSPHRASE)
    their.setScryptWorkFactor(10)
    expect((await opened(await their.encrypt(plain))).equals(plain)).toBe(true)
  })

  test('takes as much work to guess as is said for passphrases', async () => {
    const [, stanza] = (await collect(encrypt(inPieces(Buffer.from('x')), PASSPHRASE))).toString('latin1').split('\n')
    expect(stanza).toMatch(/^-> scrypt \S{22} 17$/)
  })

  test('two files of the same text have nothing in common', async () => {
    const [one, two] = [await sealed(Buffer.from('the same')), await sealed(Buffer.from('the same'))]
    expect(one.subarray(headOf(one)).equals(two.subarray(headOf(two)))).toBe(false)
  })
})

describe('a file that is not as it was written', () => {
  const plain = randomBytes(3 * CHUNK + 100)
  const PART = CHUNK + TAG

  test('a wrong passphrase is told from a damaged file', async () => {
    const bytes = await sealed(plain)
    await expect(opened(bytes, 'another passphrase')).rejects.toMatchObject({ code: 'passphrase_wrong' })
  })

  test.each([
    ['in the version', () => 3],
    ['in the body of the head', (bytes: Buffer) => bytes.indexOf('\n---') - 3],
    ['in the mark of the head', (bytes: Buffer) => headOf(bytes) - NONCE - 5],
    ['in the nonce', (bytes: Buffer) => headOf(bytes) - 1],
    ['in the first chunk', (bytes: Buffer) => headOf(bytes)],
    ['in the middle', (bytes: Buffer) => headOf(bytes) + PART + 500],
    ['at the end', (bytes: Buffer) => bytes.length - 1],
  ])('a byte that was changed %s is found', async (_, at) => {
    const bytes = await sealed(plain)
    const place = at(bytes)
    bytes[place] = (bytes[place] ?? 0) ^ 1
    await expect(opened(bytes)).rejects.toMatchObject({
      code: expect.stringMatching(/backup_damaged|passphrase_wrong/),
    })
  })

  test.each([0, 5, 100, 150, 200, 300, CHUNK, 2 * PART, 3 * PART])(
    'cut off after %i bytes it is found',
    async (kept) => {
      const bytes = await sealed(plain)
      await expect(opened(bytes.subarray(0, kept))).rejects.toMatchObject({ code: 'backup_damaged' })
    },
  )

  test('cut off exactly between two chunks it is found', async () => {
    const bytes = await sealed(plain)
    for (const chunks of [0, 1, 2, 3])
      await expect(opened(bytes.subarray(0, headOf(bytes) + chunks * PART))).rejects.toMatchObject({
        code: 'backup_damaged',
      })
  })

  test('chunks in another order, or one twice, are found', async () => {
    const bytes = await sealed(plain)
    const head = bytes.subarray(0, headOf(bytes))
    const [one, two, three, last] = [0, 1, 2, 3].map((it) =>
      bytes.subarray(head.length + it * PART, head.length + (it + 1) * PART),
    ) as [Buffer, Buffer, Buffer, Buffer]
    for (const order of [
      [two, one, three, last],
      [one, one, two, three, last],
      [one, three, last],
      [one, two, three, last, last],
      [one, two, last, three],
    ])
      await expect(opened(Buffer.concat([head, ...order]))).rejects.toMatchObject({ code: 'backup_damaged' })
  })

  test('something added behind it is found', async () => {
    const bytes = await sealed(plain)
    await expect(opened(Buffer.concat([bytes, Buffer.from('x')]))).rejects.toMatchObject({ code: 'backup_damaged' })
  })

  test('a head that asks for more work than a machine has is refused before any is done', async () => {
    const bytes = Buffer.from((await sealed(plain)).toString('latin1').replace(/ 10\n/, ' 30\n'), 'latin1')
    await expect(opened(bytes)).rejects.toMatchObject({ code: 'backup_damaged' })
  })

  test('what is no backup at all is refused', async () => {
    await expect(opened(randomBytes(100_000))).rejects.toMatchObject({ code: 'backup_damaged' })
    await expect(opened(Buffer.alloc(0))).rejects.toMatchObject({ code: 'backup_damaged' })
  })
})
