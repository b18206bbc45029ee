import type { AppCredentials } from '../db/github-app.ts'
import { bodyOf, type RepositoryName, refusal } from './github-answer.ts'
import { type Ask, createAsk, GithubFailure } from './github-api.ts'
import { readCredentials } from './github-manifest.ts'

export type Installation = {
  id: number
  account: string
  /** `all` of its repositories, or those that were `selected`. */
  selection: string
  url: string
  isSuspended: boolean
  permissions: Record<string, string>
}

export type GithubApp = {
  /** Asks as the App's installation on a repository; undefined where it is not installed, or there is no App. */
  actOn(repository: RepositoryName): Promise<{ token: string; ask: Ask } | undefined>
  /** The token of a repository was refused: the next one is asked for anew. */
  forget(repository: RepositoryName): void
  /** Asks as the App itself; undefined when there is none. */
  askAsApp(): Promise<Ask | undefined>
  /** Of all accounts, 100 at most. */
  listInstallations(signal?: AbortSignal): Promise<Installation[]>
  /** What the App is made of, for the code that GitHub sent the browser back with. It works once, for an hour. */
  exchange(code: string): Promise<AppCredentials>
}

type Options = {
  apiUrl: string
  load: () => Promise<AppCredentials | undefined>
  /** Milliseconds, as Date.now tells them. */
  now?: () => number
}

type Token = { token: string; endsAt: number }

/** A token lives an hour, and is not used in its last five minutes. */
const MARGIN_MS = 5 * 60_000
/** GitHub wants a signature that ends within ten minutes, and allows for clocks that are a minute ahead. */
const JWT_SECONDS = 600
const CLOCK_SECONDS = 60
const REFUSED =
  'GitHub does not accept the App’s key: the App or its key was deleted, or the clock of this machine is wrong. Set the clock; else forget the App in the settings of Slipway, and make it again.'
const TOKEN_REFUSED = 'GitHub does not accept the token of the App’s installation. Is the App still installed there?'

/** A GitHub App: signs as itself, and fetches tokens of its installations, each for one repository. */
export function createGithubApp({ apiUrl, load, now = Date.now }: Options): GithubApp {
  const tokens = new Map<string, Token>()
  const fetching = new Map<string, Promise<Token | undefined>>()

  async function askAsApp(): Promise<Ask | undefined> {
    const app = await load()
    return app && createAsk({ apiUrl, token: await sign(app, now()), refused: REFUSED })
  }

  /** One request at a time for each repository; whoever asks meanwhile gets the same answer. */
  async function tokenFor(repository: RepositoryName): Promise<Token | undefined> {
    const app = await load()
    if (!app) return undefined
    const key = keyOf(app.id, repository)
    const known = tokens.get(key)
    if (known && known.endsAt - now() > MARGIN_MS) return known
    const running = fetching.get(key) ?? fetchToken(app, repository).finally(() => fetching.delete(key))
    fetching.set(key, running)
    const token = await running
    if (token) tokens.set(key, token)
    else tokens.delete(key)
    return token
  }

  async function fetchToken(app: AppCredentials, { owner, name }: RepositoryName): Promise<Token | undefined> {
    const ask = createAsk({ apiUrl, token: await sign(app, now()), refused: REFUSED })
    const found = await ask('GET', `/repos/${owner}/${name}/installation`)
    if (found.status === 404) return undefined
    const { id, suspended_at } = bodyOf<{ id?: unknown; suspended_at?: unknown }>('the installation', found, 200)
    if (typeof id !== 'number' || suspended_at) return undefined
    const made = await ask('POST', `/app/installations/${id}/access_tokens`, undefined, onlyFor(name, found.movedTo))
    const { token, expires_at } = bodyOf<{ token?: unknown; expires_at?: unknown }>('a token', made, 201)
    if (typeof token !== 'string') throw refusal('a token', made)
    return { token, endsAt: Date.parse(String(expires_at)) || now() }
  }

  function forget(repository: RepositoryName): void {
    for (const key of tokens.keys()) if (key.endsWith(keyOf('', repository))) tokens.delete(key)
  }

  /** A token that is refused was revoked, or the machine's clock is wrong: once more with a new one. */
  const askFor =
    (repository: RepositoryName): Ask =>
    async (...request) => {
      const once = async () => {
        const token = await tokenFor(repository)
        if (!token) throw new GithubFailure(TOKEN_REFUSED, undefined, 'github_denied')
        return createAsk({ apiUrl, token: token.token, refused: TOKEN_REFUSED })(...request)
      }
      try {
        return await once()
      } catch (error) {
        if (!(error instanceof GithubFailure && error.code === 'github_denied')) throw error
        forget(repository)
        return once()
      }
    }

  return {
    async actOn(repository) {
      const token = await tokenFor(repository)
      return token && { token: token.token, ask: askFor(repository) }
    },
    forget,
    askAsApp,
    async listInstallations(signal) {
      const ask = await askAsApp()
      if (!ask) return []
      const answer = await ask('GET', '/app/installations?per_page=100', signal)
      return bodyOf<RawInstallation[]>('the installations', answer, 200).map(readInstallation)
    },
    async exchange(code) {
      const ask = createAsk({ apiUrl, token: undefined })
      return readCredentials(await ask('POST', `/app-manifests/${encodeURIComponent(code)}/conversions`))
    },
  }
}

/** The repository that a token is for. Where it was renamed GitHub knows it by its id, which its new path has. */
function onlyFor(name: string, movedTo: string | undefined) {
  const id = /\/repositories\/(\d+)\//.exec(movedTo ?? '')?.[1]
  return id === undefined ? { repositories: [name] } : { repository_ids: [Number(id)] }
}

const keyOf = (app: number | '', { owner, name }: RepositoryName) => `${app}/${owner}/${name}`.toLowerCase()

async function sign({ id, privateKey }: AppCredentials, now: number): Promise<string> {
  const { default: jwt } = await import('jsonwebtoken')
  const iat = Math.floor(now / 1000) - CLOCK_SECONDS
  return jwt.sign({ iat, exp: iat + JWT_SECONDS }, privateKey, { algorithm: 'RS256', issuer: String(id) })
}

type RawInstallation = {
  id: number
  account?: { login?: string } | null
  repository_selection?: string
  html_url?: string
  suspended_at?: string | null
  permissions?: Record<string, string>
}

const readInstallation = (raw: RawInstallation): Installation => ({
  id: raw.id,
  account: raw.account?.login ?? '',
  selection: raw.repository_selection ?? 'selected',
  url: raw.html_url ?? '',
  isSuspended: Boolean(raw.suspended_at),
  permissions: raw.permissions ?? {},
})
