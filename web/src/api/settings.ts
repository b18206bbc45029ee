import type { TokenInput } from '../../../server/http/schemas.ts'
import type {
  ConnectionTestView,
  ConnectionView,
  DeployKeyView,
  GithubAppView,
  ManifestView,
  SessionView,
  TokenView,
} from '../../../server/http/views.ts'
import { request } from './client.ts'

type Signal = AbortSignal | undefined

export const listSessions = (signal?: Signal) =>
  request<{ sessions: SessionView[] }>('GET', '/api/sessions', { signal }).then((it) => it.sessions)
export const endSession = (id: string) => request<void>('DELETE', `/api/sessions/${encodeURIComponent(id)}`)
export const endOtherSessions = () => request<void>('DELETE', '/api/sessions', { query: { others: 'true' } })
/** This one, too. @throws ApiError unauthenticated when it had ended before */
export const endAllSessions = () => request<void>('DELETE', '/api/sessions', { renews: false })

export const listTokens = (signal?: Signal) =>
  request<{ tokens: TokenView[] }>('GET', '/api/tokens', { signal }).then((it) => it.tokens)
/** `secret` is shown this once. @throws ApiError name_in_use, invalid_input */
export const createToken = (body: TokenInput) =>
  request<{ token: TokenView; secret: string }>('POST', '/api/tokens', { body })
export const deleteToken = (id: string) => request<void>('DELETE', `/api/tokens/${encodeURIComponent(id)}`)

export const listConnections = (signal?: Signal) =>
  request<{ connections: ConnectionView[] }>('GET', '/api/connections', { signal }).then((it) => it.connections)
export const testConnection = (name: ConnectionView['name']) =>
  request<ConnectionTestView>('POST', `/api/connections/${name}/test`)

/** @throws ApiError invalid_input when GitHub does not accept the token */
export const keepGithubToken = (token: string) =>
  request<ConnectionTestView>('PUT', '/api/connections/github', { body: { token } })
export const forgetGithubToken = () => request<void>('DELETE', '/api/connections/github')

export const getGithubApp = (signal?: Signal) => request<GithubAppView>('GET', '/api/github/app', { signal })
/** What is posted to GitHub to make an App; without `organization` it is that of whoever posts. */
export const startGithubApp = (organization: string) =>
  request<ManifestView>('POST', '/api/github/app', { body: organization === '' ? {} : { organization } })
export const forgetGithubApp = () => request<void>('DELETE', '/api/github/app')

export const listDeployKeys = (signal?: Signal) =>
  request<{ deployKeys: DeployKeyView[] }>('GET', '/api/deploy-keys', { signal }).then((it) => it.deployKeys)
export const deleteDeployKey = (id: string) => request<void>('DELETE', `/api/deploy-keys/${encodeURIComponent(id)}`)
export const createDeployKey = (githubUrl: string) =>
  request<{ deployKey: DeployKeyView }>('POST', '/api/deploy-keys', { body: { githubUrl } }).then((it) => it.deployKey)
