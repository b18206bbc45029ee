import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const NOBODY_KNOWS = randomBytes(32)

/**
 * Whether GitHub signed these very bytes with the secret: HMAC-SHA256, as `sha256=<64 digits>`. Without a secret it takes
 * as long and answers false, so that nobody learns which deployments exist.
 */
export function isSigned(body: Buffer, secret: string | undefined, header: unknown): boolean {
  const wanted = createHmac('sha256', secret ?? NOBODY_KNOWS)
    .update(body)
    .digest()
  const [, digits = ''] = /^sha256=([0-9a-f]{64})$/.exec(typeof header === 'string' ? header : '') ?? []
  const given = Buffer.alloc(wanted.length)
  given.write(digits, 'hex')
  return timingSafeEqual(given, wanted) && digits !== '' && secret !== undefined
}
