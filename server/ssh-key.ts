import { generateKeyPairSync, randomBytes } from 'node:crypto'

/** An SSH key: the public part as one line, the private part as the text of a key file. */
export type SshKey = { publicKey: string; privateKey: string }

const TYPE = 'ssh-ed25519'
const LINE = /.{1,70}/g

/** A new Ed25519 key without a passphrase. `comment` ends the public part's line: letters, digits and `: . _ -`. */
export function makeSshKey(comment: string): SshKey {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const [open, hidden] = [Buffer.from(x, 'base64url'), Buffer.from(d, 'base64url')]
  const blob = Buffer.concat([field(TYPE), field(open)])
  const pem = wrap(
    openSshKey(blob, Buffer.concat([field(TYPE), field(open), field(Buffer.concat([hidden, open]))]), comment),
  )
  return { publicKey: `${TYPE} ${blob.toString('base64')} ${comment}`, privateKey: pem }
}

/** The key alone, without the comment: what GitHub keeps of it. */
export const withoutComment = (publicKey: string) => publicKey.split(' ').slice(0, 2).join(' ')

/** OpenSSH's own format (PROTOCOL.key in its sources), not encrypted: ssh reads Ed25519 from no other. */
function openSshKey(blob: Buffer, keys: Buffer, comment: string): Buffer {
  const check = randomBytes(4)
  const inner = Buffer.concat([check, check, keys, field(comment)])
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, at) => at + 1))
  return Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...['none', 'none', ''].map(field),
    number(1),
    field(blob),
    field(Buffer.concat([inner, padding])),
  ])
}

const wrap = (bytes: Buffer) =>
  [
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    ...(bytes.toString('base64').match(LINE) ?? []),
    '-----END OPENSSH PRIVATE KEY-----',
    '',
  ].join('\n')

const field = (value: string | Buffer) => Buffer.concat([number(value.length), Buffer.from(value)])

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
