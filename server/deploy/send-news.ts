import { DISCORD_REMEDIES, discordMessage } from '../adapters/discord-message.ts'
import { postJson } from '../adapters/post-json.ts'
import { sendMail } from '../adapters/send-mail.ts'
import { SLACK_REMEDIES, slackMessage } from '../adapters/slack-message.ts'
import { webhookBody, webhookHeaders } from '../adapters/webhook-message.ts'
import type { Parcel } from '../news.ts'
import type { ChannelConfig } from './channel-config.ts'

export type SendOptions = { signal?: AbortSignal; timeoutMs?: number }
export type Send = (config: ChannelConfig, parcel: Parcel, options?: SendOptions) => Promise<string>

/** One try, of 10 s at most. Answers in words what the far side said. @throws SendFailure, or the reason of the signal */
export const sendNews: Send = async (config, parcel, options = {}) => {
  if (config.kind === 'email') return sendMail(config, parcel, options)
  if (config.kind === 'webhook') {
    const body = webhookBody(parcel)
    return postJson(config.url, body, { ...options, headers: webhookHeaders(parcel, body, config.secret ?? '') })
  }
  if (config.kind === 'slack') {
    return postJson(config.url, JSON.stringify(slackMessage(parcel.news)), { ...options, remedies: SLACK_REMEDIES })
  }
  return postJson(config.url, JSON.stringify(discordMessage(parcel.news)), { ...options, remedies: DISCORD_REMEDIES })
}
