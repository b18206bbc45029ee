import type { ChannelChange, ChannelInput } from '../../../server/http/schemas.ts'
import type { ChannelTestView, ChannelView } from '../../../server/http/views.ts'
import { request } from './client.ts'

/** `secret` checks what a webhook gets, and is shown this once. */
export type MadeChannel = { channel: ChannelView; secret?: string }

const addressOf = (id: string) => `/api/channels/${encodeURIComponent(id)}`

export const listChannels = (signal?: AbortSignal) =>
  request<{ channels: ChannelView[] }>('GET', '/api/channels', { signal }).then((it) => it.channels)
/** @throws ApiError name_in_use, invalid_input */
export const createChannel = (body: ChannelInput) => request<MadeChannel>('POST', '/api/channels', { body })
/** @throws ApiError name_in_use, invalid_input, not_found */
export const changeChannel = (id: string, body: ChannelChange) => request<MadeChannel>('PATCH', addressOf(id), { body })
export const deleteChannel = (id: string) => request<void>('DELETE', addressOf(id))
/** Sends a test message at once. */
export const testChannel = (id: string) => request<ChannelTestView>('POST', `${addressOf(id)}/test`)
