import { readAddress, refusePlain } from './address.ts'
import { type Client, createClient } from './client.ts'
import { Failure, wrongUsage } from './failure.ts'
import type { Stored } from './stored.ts'

/**
 * Which Slipway is asked, and as whom: SLIPWAY_URL and SLIPWAY_TOKEN win over what the login stored. A stored token
 * goes to the address that it was stored for, and to no other that the environment may name.
 * @throws Failure not_logged_in, insecure_address, wrong_usage
 */
export function chooseServer(env: NodeJS.ProcessEnv, stored: Stored | undefined, isInsecure: boolean): Client {
  const url = env.SLIPWAY_URL ? readAddress(env.SLIPWAY_URL) : stored?.url
  if (url === undefined) throw notLoggedIn('No Slipway is known here.')
  const own = stored?.url === url ? stored : undefined
  const token = env.SLIPWAY_TOKEN?.trim() || own?.token
  if (token === undefined) throw notLoggedIn(`There is no token for ${url}.`, url)
  refusePlain(url, isInsecure || own?.insecure === true)
  return createClient(url, checkToken(token))
}

const notLoggedIn = (message: string, url = 'URL') =>
  new Failure('not_logged_in', message, {
    hint: `Log in first: slipway login ${url}. Programs set SLIPWAY_URL and SLIPWAY_TOKEN.`,
  })

/** What cannot be in a header is refused here, since the error of fetch would show it. @throws Failure wrong_usage */
export function checkToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw wrongUsage('That is no API token.', 'Make one in Settings, API tokens; it begins with slipway_.')
}
