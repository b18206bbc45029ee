import type { TokenInput } from '../../../server/http/schemas.ts'
import type { ConnectionTestView, ConnectionView, SessionView, TokenView } from '../../../server/http/views.ts'
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
