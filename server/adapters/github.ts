import type { AppCredentials } from '../db/github-app.ts'
import { toAppError } from '../errors.ts'
import { type Check, createTry } from './check.ts'
import { createAsk, GithubFailure, reachHost, WRONG_TOKEN } from './github-api.ts'
import type { GithubApp } from './github-app.ts'
import { checkInstallations, describeApp } from './github-app-check.ts'
import { checkPermissions, checkScopes, describeEnd, describeUser } from './github-check.ts'

export type GithubOptions = {
  /** Where repositories are, such as https://github.com. */
  url: string
  /** https://api.github.com, or https://<host>/api/v3 of an Enterprise Server. */
  apiUrl: string
}

/** A token, and how its owner gives another one. */
export type GivenToken = { token: string; renew: string }

/** Each tries one by one what Slipway needs, within the time of the signal. Changes nothing, and rejects never. */
export type Github = {
  inspectHost(signal?: AbortSignal): Promise<Check>
  inspectToken(given: GivenToken, signal?: AbortSignal): Promise<Check[]>
  inspectApp(app: AppCredentials, as: GithubApp, signal?: AbortSignal): Promise<Check[]>
  /** Whose the token is. @throws GithubFailure when GitHub does not accept it, or does not answer */
  greet(given: GivenToken, signal?: AbortSignal): Promise<string>
}

const LATE = 'GitHub did not answer in time. Check the network and www.githubstatus.com, then try again.'

/** What can be found out about GitHub and who may do what there. Clones are git's. */
export function createGithub({ url, apiUrl }: GithubOptions): Github {
  const greet = async ({ token, renew }: GivenToken, signal?: AbortSignal) => {
    refuseOtherHost(url, apiUrl)
    return createAsk({ apiUrl, token, refused: `${WRONG_TOKEN} ${renew}` })('GET', '/user', signal)
  }

  return {
    inspectHost: (signal) =>
      attempt(signal)('Git host', [], async () => {
        await reachHost(url, signal)
        return `${url} answers: public repositories can be deployed, private ones with an App, a token or a deploy key.`
      }),

    async inspectToken(given, signal) {
      let headers = new Headers()
      const user = await attempt(signal)('Token', [], async () => {
        const answer = await greet(given, signal)
        headers = answer.headers
        return describeUser(answer)
      })
      if (!user.ok) return [user]
      const end = await attempt(signal)('Expiry', [], async () => describeEnd(headers, Date.now(), given.renew))
      // Only tokens of the older kind come with their scopes; an empty list is one of them.
      const rights = headers.has('x-oauth-scopes')
        ? [await attempt(signal)('Scope “repo”', [], async () => checkScopes(headers))]
        : await checkPermissions(createAsk({ apiUrl, token: given.token }), attempt(signal), signal)
      return [user, end, ...rights]
    },

    async inspectApp(app, as, signal) {
      const known = await attempt(signal)('GitHub App', [], () => describeApp(app, as, signal))
      return [known, ...(await checkInstallations(app, as, attempt(signal), known, signal))]
    },

    greet: async (given, signal) => describeUser(await greet(given, signal)),
  }
}

const attempt = (signal: AbortSignal | undefined) => createTry(LATE, (error) => toAppError(error).message, signal)

/** A token for one's own server is not shown to github.com. */
function refuseOtherHost(url: string, apiUrl: string): void {
  if (!isForeignApi({ githubUrl: url, githubApiUrl: apiUrl })) return
  throw new GithubFailure(
    `SLIPWAY_GITHUB_URL is ${url}, but SLIPWAY_GITHUB_API_URL is that of github.com, where the token does not belong. Set it to ${url}/api/v3.`,
  )
}

/** Whether the repositories are somewhere else than the API, which then knows nothing of them, nor is to see their token. */
export const isForeignApi = ({ githubUrl, githubApiUrl }: { githubUrl: string; githubApiUrl: string }) =>
  new URL(githubApiUrl).hostname === 'api.github.com' && new URL(githubUrl).hostname !== 'github.com'
