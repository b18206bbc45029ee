import type { ChannelView } from '../../../server/http/views.ts'
import type { ChannelKind, MailSecurity, NewsKind } from '../../../server/states.ts'

/** A kind of channel: its name, what it is, and what its address is called. */
export const kinds: Record<ChannelKind, { label: string; hint: string; address?: string; placeholder?: string }> = {
  email: { label: 'E-mail', hint: 'Through a mail server of yours or your provider’s.' },
  slack: {
    label: 'Slack',
    hint: 'An incoming webhook. Mattermost and Rocket.Chat take the same.',
    address: 'At Slack: your app → Incoming Webhooks → Add New Webhook',
    placeholder: 'https://hooks.slack.com/services/…',
  },
  discord: {
    label: 'Discord',
    hint: 'A webhook of a channel of your server.',
    address: 'At Discord: the channel’s settings → Integrations → Webhooks',
    placeholder: 'https://discord.com/api/webhooks/…',
  },
  webhook: {
    label: 'Webhook',
    hint: 'Signed JSON to a program of yours.',
    address: 'Where JSON is posted to. It may be in your own network.',
    placeholder: 'https://example.com/slipway',
  },
}
export const kindNames = Object.keys(kinds) as ChannelKind[]

export const news: Record<NewsKind, { label: string; hint: string }> = {
  'deploy-failed': { label: 'A deploy failed', hint: 'Not one that was cancelled, or that a newer one replaced.' },
  'deploy-recovered': { label: 'Deploys work again', hint: 'The first that is live after one that failed.' },
  'app-down': { label: 'An app is down', hint: 'It ended, or ran out of memory. Once in ten minutes at most.' },
  'app-recovered': { label: 'An app is up again', hint: 'When it has run for a while.' },
  'disk-nearly-full': { label: 'A disk is nearly full', hint: '80 % are used.' },
  'backup-failed': { label: 'A backup failed', hint: 'Or Slipway was stopped while it was made.' },
}
export const newsKinds = Object.keys(news) as NewsKind[]

export const securities: Record<MailSecurity, { label: string; port: number }> = {
  tls: { label: 'TLS', port: 465 },
  starttls: { label: 'STARTTLS', port: 587 },
  none: { label: 'None, and no password', port: 25 },
}

/** “When a deploy failed, an app is down”, or that it is everything. */
export function eventsInWords({ events }: Pick<ChannelView, 'events'>): string {
  if (newsKinds.every((kind) => events.includes(kind))) return 'Everything there is to tell'
  const words = newsKinds.filter((kind) => events.includes(kind)).map((kind) => news[kind].label)
  return `When ${words.map((it) => it.charAt(0).toLowerCase() + it.slice(1)).join(', ')}`
}
