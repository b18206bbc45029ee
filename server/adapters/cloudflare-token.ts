import { AppError } from '../errors.ts'
import type { CloudflareApi } from './cloudflare-api.ts'
import { CloudflareFailure } from './cloudflare-failure.ts'

type Verified = { status?: string; expires_on?: string }

/**
 * Asks whether the API token works, and answers until when. A token that an account owns, not a user, is known at the
 * account's address only.
 */
export async function verifyToken(api: CloudflareApi, accountId: string, signal?: AbortSignal): Promise<string> {
  const ask = (path: string) => api.get(path, { signal }) as Promise<Verified>
  const { status, expires_on: end } = await ask('/user/tokens/verify').catch(async (error: unknown) => {
    if (!isUnknown(error)) throw error
    return ask(`/accounts/${accountId}/tokens/verify`).catch((reason: unknown) => {
      throw isUnknown(reason) ? unknownToken(reason) : reason
    })
  })
  if (status !== 'active')
    throw new AppError('cloudflare_denied', `Cloudflare says that the API token is ${status}. ${REMEDY}`)
  return end === undefined ? 'The token is valid and does not end.' : `The token is valid until ${end}.`
}

/** Cloudflare itself refused it; a token that was never sent, because it cannot be one, has a message of its own. */
const isUnknown = (error: unknown) =>
  error instanceof CloudflareFailure && error.code === 'cloudflare_denied' && error.answered !== undefined

const REMEDY = 'Make a new one in the dashboard and set CLOUDFLARE_API_TOKEN to it, then restart Slipway.'

const unknownToken = (cause: unknown) =>
  new AppError(
    'cloudflare_denied',
    `Cloudflare does not accept the API token: it is wrong, was deleted, or has expired. ${REMEDY}`,
    { cause },
  )
