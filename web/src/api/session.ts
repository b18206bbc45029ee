import type { LoginInput, PasswordInput } from '../../../server/http/schemas.ts'
import type { LoginView, VisitorView } from '../../../server/http/views.ts'
import { request } from './client.ts'

/** Who is logged in. @throws ApiError unauthenticated */
export const verify = (signal?: AbortSignal) =>
  request<VisitorView>('GET', '/api/auth/verify', { signal, renews: false })

/** @throws ApiError invalid_credentials, too_many_attempts, invalid_input */
export const login = (username: string, password: string) =>
  request<LoginView>('POST', '/api/auth/login', { body: { username, password } satisfies LoginInput, renews: false })

/** @throws ApiError unauthenticated when the session had ended before */
export const logout = () => request<void>('POST', '/api/auth/logout', { renews: false })

/** Ends every session, this one too. @throws ApiError unauthenticated, invalid_credentials, invalid_input */
export const changePassword = (currentPassword: string, newPassword: string) =>
  request<void>('POST', '/api/auth/password', {
    body: { currentPassword, newPassword } satisfies PasswordInput,
    renews: false,
  })
