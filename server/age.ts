import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto'
import { readInChunks, takeLine } from './chunks.ts'
import { AppError } from './errors.ts'

/**
 * The age format, version 1 (age-encryption.org/v1), with a passphrase: 64 KiB chunks of ChaCha20-Poly1305 that carry
 * their place and which one is the last, so that nothing can be changed, moved, left out or cut off unseen. What is
 * written here opens with the program `age`, too (docs/decisions/backups.md).
 */

const CHUNK = 64 * 1024
const TAG = 16
/** scrypt with N = 2^17, r = 8, p = 1: 128 MiB for a moment, in a thread of its own. */
const LOG_N = 17
/** What a stranger's file may ask of the machine: 1 GiB. */
const MOST_LOG_N = 20
const VERSION = 'age-encryption.org/v1'
const NOTHING = Buffer.alloc(0)

/** Encrypts what comes, as it comes. */
export async function* encrypt(
  source: AsyncIterable<Uint8Array>,
  passphrase: string,
  logN = LOG_N,
): AsyncGenerator<Buffer> {
  const fileKey = randomBytes(16)
  const nonce = randomBytes(16)
  yield Buffer.concat([await writeHeader(fileKey, passphrase, logN), nonce])
  const key = derive(fileKey, nonce, 'payload')
  let index = 0
  for await (const { chunk, isLast } of readInChunks(source, CHUNK)) {
    yield seal(key, nonceOf(index, isLast), chunk)
    index += 1
  }
}

/**
 * Decrypts what comes, as it comes. What was handed out is authentic, but the whole is only there when this ends.
 * @throws passphrase_wrong; backup_damaged when a byte was changed, moved, added or is missing
 */
export async function* decrypt(source: AsyncIterable<Uint8Array>, passphrase: string): AsyncGenerator<Buffer> {
  const input = source[Symbol.asyncIterator]()
  const header: string[] = []
  let rest: Uint8Array = NOTHING
  for (const last of [false, false, false, true]) {
    const taken = await takeLine(input, rest)
    if (taken === undefined || last !== taken.line.startsWith('---')) throw damaged('it does not begin like one')
    header.push(taken.line)
    rest = taken.rest
  }
  const fileKey = await readHeader(header, passphrase)
  let nonce: Buffer | undefined
  let key = NOTHING
  let index = 0
  const body = { [Symbol.asyncIterator]: () => prepend(rest, input) }
  for await (const { chunk, isLast } of readInChunks(body, CHUNK + TAG, 16)) {
    if (nonce === undefined) {
      nonce = chunk
      if (nonce.length < 16 || isLast) throw damaged('its end is missing')
      key = derive(fileKey, nonce, 'payload')
      continue
    }
    yield open(key, nonceOf(index, isLast), chunk, isLast && index > 0)
    index += 1
  }
}

async function* prepend(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

/** Its place, and whether it is the last. */
function nonceOf(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(index, 5, 6)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

function seal(key: Buffer, nonce: Buffer, plain: Uint8Array): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG })
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** @throws backup_damaged */
function open(key: Buffer, nonce: Buffer, sealed: Buffer, mayNotBeEmpty: boolean): Buffer {
  const plain = sealed.length < TAG ? undefined : tryOpen(key, nonce, sealed)
  if (plain === undefined || (mayNotBeEmpty && plain.length === 0))
    throw damaged('a part of it was changed, or its end is missing')
  return plain
}

function tryOpen(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG })
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG))
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG))
  try {
    return Buffer.concat([plain, decipher.final()])
  } catch {
    return undefined
  }
}

async function writeHeader(fileKey: Buffer, passphrase: string, logN: number): Promise<Buffer> {
  const salt = randomBytes(16)
  const wrapped = seal(await stretch(passphrase, salt, logN), Buffer.alloc(12), fileKey)
  const head = `${VERSION}\n-> scrypt ${toBase64(salt)} ${logN}\n${toBase64(wrapped)}\n---`
  return Buffer.from(`${head} ${toBase64(mac(fileKey, head))}\n`)
}

/** The file's key. @throws passphrase_wrong, backup_damaged */
async function readHeader([version, stanza, body, end]: string[], passphrase: string): Promise<Buffer> {
  const [, salt, logN] = /^-> scrypt ([A-Za-z0-9+/]{22}) ([1-9]\d?)$/.exec(stanza ?? '') ?? []
  if (version !== VERSION || salt === undefined || Number(logN) > MOST_LOG_N || !/^[A-Za-z0-9+/]{43}$/.test(body ?? ''))
    throw damaged('it was not encrypted with a passphrase, by Slipway or by age')
  const key = await stretch(passphrase, Buffer.from(salt, 'base64'), Number(logN))
  const fileKey = tryOpen(key, Buffer.alloc(12), Buffer.from(body ?? '', 'base64'))
  if (fileKey === undefined)
    throw new AppError('passphrase_wrong', 'The passphrase does not open this backup. Give the one it was made with.')
  const expected = mac(fileKey, [version, stanza, body, '---'].join('\n'))
  const found = Buffer.from((end ?? '').slice(4), 'base64')
  if (found.length !== expected.length || !timingSafeEqual(found, expected)) throw damaged('its head was changed')
  return fileKey
}

const mac = (fileKey: Buffer, text: string) =>
  createHmac('sha256', derive(fileKey, NOTHING, 'header'))
    .update(text)
    .digest()
const derive = (secret: Buffer, salt: Buffer, purpose: string) =>
  Buffer.from(hkdfSync('sha256', secret, salt, purpose, 32))
const toBase64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')

function stretch(passphrase: string, salt: Buffer, logN: number): Promise<Buffer> {
  const whole = Buffer.concat([Buffer.from(`${VERSION}/scrypt`), salt])
  const options = { N: 2 ** logN, r: 8, p: 1, maxmem: 2 ** (logN + 11) }
  return new Promise((resolve, reject) => {
    scrypt(passphrase, whole, 32, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

const damaged = (why: string) =>
  new AppError('backup_damaged', `This is no whole backup: ${why}. Copy it again, or take another one.`)
