import { toAppError } from '../errors.ts'
import { type Check, createTry } from './check.ts'
import { createAsk, GithubFailure, reachHost } from './github-api.ts'
import { checkPermissions, checkScopes, describeEnd, describeUser } from './github-check.ts'

export type GithubOptions = {
  /** Where repositories are, such as https://github.com. */
  url: string
  /** https://api.github.com, or https://<host>/api/v3 of an Enterprise Server. */
  apiUrl: string
  token: string | undefined
}

export type Github = {
  /** The host, the token, and what the token may do, tried one by one within the time of the signal. Rejects never. */
  inspect(signal?: AbortSignal): Promise<Check[]>
}

const LATE = 'GitHub did not answer in time. Check the network and www.githubstatus.com, then try again.'

/** GitHub's API, as far as Slipway uses it. Clones are git's. */
export function createGithub({ url, apiUrl, token }: GithubOptions): Github {
  return {
    async inspect(signal) {
      const host = attempt(signal)('Git host', [], async () => {
        await reachHost(url, signal)
        return token === undefined
          ? `${url} answers: public repositories can be deployed. Private ones need SLIPWAY_GITHUB_TOKEN.`
          : `${url} answers.`
      })
      const rest = token === undefined ? [] : inspectToken({ url, apiUrl, token }, signal)
      return [await host, ...(await rest)]
    },
  }
}

const attempt = (signal: AbortSignal | undefined) => createTry(LATE, (error) => toAppError(error).message, signal)

type Connection = { url: string; apiUrl: string; token: string }

async function inspectToken({ url, apiUrl, token }: Connection, signal?: AbortSignal): Promise<Check[]> {
  const ask = createAsk({ apiUrl, token })
  let headers = new Headers()
  const user = await attempt(signal)('Token', [], async () => {
    refuseOtherHost(url, apiUrl)
    const answer = await ask('GET', '/user', signal)
    headers = answer.headers
    return describeUser(answer)
  })
  if (!user.ok) return [user]
  const end = await attempt(signal)('Expiry', [], async () => describeEnd(headers, Date.now()))
  // Only tokens of the older kind come with their scopes; an empty list is one of them.
  const rights = headers.has('x-oauth-scopes')
    ? [await attempt(signal)('Scope “repo”', [], async () => checkScopes(headers))]
    : await checkPermissions(ask, attempt(signal), signal)
  return [user, end, ...rights]
}

/** A token for one's own server is not shown to github.com. */
function refuseOtherHost(url: string, apiUrl: string): void {
  if (new URL(apiUrl).hostname !== 'api.github.com' || new URL(url).hostname === 'github.com') return
  throw new GithubFailure(
    `SLIPWAY_GITHUB_URL is ${url}, but SLIPWAY_GITHUB_API_URL is that of github.com, where the token does not belong. Set it to ${url}/api/v3.`,
  )
}
