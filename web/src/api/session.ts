import type { VisitorView } from '../../../server/http/views.ts'
import { request } from './client.ts'

/** Who is logged in. @throws ApiError unauthenticated after the login dialog was needed and closed */
export const verify = () => request<VisitorView>('GET', '/api/auth/verify')

/** @throws ApiError invalid_credentials, too_many_attempts, invalid_input */
export const login = (username: string, password: string) =>
  request<{ expiresAt: string }>('POST', '/api/auth/login', { body: { username, password } })

export const logout = () => request<void>('POST', '/api/auth/logout')

/** Ends every session, this one too. @throws ApiError invalid_credentials, invalid_input */
export const changePassword = (currentPassword: string, newPassword: string) =>
  request<void>('POST', '/api/auth/password', { body: { currentPassword, newPassword } })
