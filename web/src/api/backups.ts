import type { BackupSettingsInput } from '../../../server/http/schemas.ts'
import type { BackupSettingsView, BackupsView, BackupView } from '../../../server/http/views.ts'
import { request } from './client.ts'

const addressOf = (id: string) => `/api/backups/${encodeURIComponent(id)}`

export const listBackups = (signal?: AbortSignal) => request<BackupsView>('GET', '/api/backups', { signal })
/** @throws ApiError not_possible_now */
export const makeBackup = () => request<{ backup: BackupView }>('POST', '/api/backups')
export const deleteBackup = (id: string) => request<void>('DELETE', addressOf(id))
/** Where a browser fetches the file of a backup. */
export const fileOfBackup = (id: string) => `${addressOf(id)}/file`
export const readBackupSettings = (signal?: AbortSignal) =>
  request<BackupSettingsView>('GET', '/api/backup-settings', { signal })
/** The place is tried first. @throws ApiError invalid_input, backup_target_failed */
export const saveBackupSettings = (body: BackupSettingsInput) =>
  request<BackupSettingsView>('PUT', '/api/backup-settings', { body })
export const confirmRestored = () => request<void>('POST', '/api/restored/confirm')
