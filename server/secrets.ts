import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Encryption at rest and the key that signs sessions, both derived from the one master key. */
export type Secrets = {
  /** AES-256-GCM. `context` (such as a deployment's id) is bound to the text: elsewhere it does not decrypt. */
  encrypt(plain: string, context: string): string
  /** @throws when the text was changed, belongs to another context, or its key is not known any more. */
  decrypt(sealed: string, context: string): string
  /** Undefined instead of an error: for what its owner can simply give again, such as a token. */
  decryptIfReadable(sealed: string, context: string): string | undefined
  /** 32 bytes for HS256. */
  readonly sessionKey: Buffer
}

type Key = { id: string; encryption: Buffer }

const derive = (master: Buffer, purpose: string) =>
  Buffer.from(hkdfSync('sha256', master, '', `slipway/${purpose}`, 32))
const keyOf = (master: Buffer): Key => ({
  id: createHash('sha256').update(master).digest('hex').slice(0, 8),
  encryption: derive(master, 'encryption'),
})

/**
 * `masters` are 32-byte keys, the current one first. The others only decrypt: put a new key in front of the old to
 * rotate, and every write from then on uses it.
 */
export function createSecrets(masters: [Buffer, ...Buffer[]]): Secrets {
  const keys = masters.map(keyOf)
  const current = keyOf(masters[0])
  const self: Secrets = {
    sessionKey: derive(masters[0], 'sessions'),
    encrypt(plain, context) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', current.encryption, iv).setAAD(Buffer.from(context))
      const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return ['v1', current.id, ...[iv, cipher.getAuthTag(), sealed].map((part) => part.toString('base64'))].join(':')
    },
    decrypt(sealed, context) {
      const [version, id, iv, tag, text] = sealed.split(':')
      const key = keys.find((candidate) => candidate.id === id)
      if (version !== 'v1' || key === undefined || iv === undefined || tag === undefined || text === undefined) {
        throw new Error(`A secret was encrypted with key ${id}, which data/secret.key does not hold`)
      }
      const decipher = createDecipheriv('aes-256-gcm', key.encryption, Buffer.from(iv, 'base64'), { authTagLength: 16 })
      decipher.setAAD(Buffer.from(context)).setAuthTag(Buffer.from(tag, 'base64'))
      return Buffer.concat([decipher.update(Buffer.from(text, 'base64')), decipher.final()]).toString('utf8')
    },
    decryptIfReadable(sealed, context) {
      try {
        return self.decrypt(sealed, context)
      } catch {
        return undefined
      }
    },
  }
  return self
}

/**
 * The master keys: from the setting, else from `secret.key` (one base64 key a line, the current one first), which is
 * made with mode 0600 on the first start.
 * @throws when the file is readable by others or holds something that is not a key.
 */
export function loadMasterKeys(dataDir: string, setting: string | undefined): [Buffer, ...Buffer[]] {
  if (setting !== undefined) return [Buffer.from(setting, 'base64')]
  const file = path.join(dataDir, 'secret.key')
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  }
  if ((statSync(file).mode & 0o077) !== 0) throw new Error(`${file} is readable by others; run: chmod 600 ${file}`)
  const keys = readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => Buffer.from(line, 'base64'))
  const [first, ...rest] = keys
  if (first === undefined || keys.some((key) => key.length !== 32))
    throw new Error(`${file} must hold 32-byte keys in base64, one a line`)
  return [first, ...rest]
}
