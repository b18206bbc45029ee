import type { ChannelChange, ChannelInput, MailInput } from '../../../server/http/schemas.ts'
import type { ChannelView } from '../../../server/http/views.ts'
import {
  CHANNEL_NAME,
  HOOK_URL,
  MAIL_ADDRESS,
  MAIL_HOST,
  MAIL_PASSWORD,
  MAIL_USER,
  PORT,
  problemOf,
} from '../../../server/limits.ts'
import type { ChannelKind, MailSecurity, NewsKind } from '../../../server/states.ts'
import { kinds, newsKinds, securities } from './channel-words.ts'

/** What is typed about a channel. Secrets of one that is there are empty: they stay unless others are given. */
export type Draft = {
  kind: ChannelKind
  name: string
  events: NewsKind[]
  url: string
  newSecret: boolean
  host: string
  port: number | undefined
  security: MailSecurity
  user: string
  password: string
  from: string
  to: string
}

export function draftOf(channel?: ChannelView): Draft {
  const { kind = 'email', name = kinds.email.label, events = [...newsKinds], mail } = channel ?? {}
  return {
    kind,
    name,
    events,
    url: '',
    newSecret: false,
    host: mail?.host ?? '',
    port: mail?.port ?? securities.tls.port,
    security: mail?.security ?? 'tls',
    user: mail?.user ?? '',
    password: '',
    from: mail?.from ?? '',
    to: mail?.to.join(', ') ?? '',
  }
}

/** Addresses with commas, spaces or line ends between them. */
export const recipientsOf = ({ to }: Pick<Draft, 'to'>) => to.split(/[\s,;]+/).filter(Boolean)

export type Field = 'name' | 'events' | 'url' | 'host' | 'port' | 'user' | 'password' | 'from' | 'to'

/** What is wrong with it, by field; `isNew` asks also for what an existing channel has already. */
export function problemsOf(draft: Draft, isNew: boolean): Partial<Record<Field, string>> {
  const problems = draft.kind === 'email' ? problemsOfMail(draft) : problemsOfUrl(draft, isNew)
  const all = {
    name: problemOf(CHANNEL_NAME, draft.name.trim()),
    events: draft.events.length === 0 ? 'Choose at least one.' : undefined,
    ...problems,
  }
  return Object.fromEntries(Object.entries(all).filter(([, problem]) => problem !== undefined))
}

function problemsOfUrl({ url }: Draft, isNew: boolean): Partial<Record<Field, string | undefined>> {
  return { url: url.trim() === '' && !isNew ? undefined : problemOf(HOOK_URL, url.trim()) }
}

function problemsOfMail(draft: Draft): Partial<Record<Field, string | undefined>> {
  const { host, port, user, password, from } = draft
  const to = recipientsOf(draft)
  const wrong = to.find((it) => problemOf(MAIL_ADDRESS, it) !== undefined)
  return {
    host: problemOf(MAIL_HOST, host.trim()),
    port: problemOf(PORT, port ?? Number.NaN),
    user: user === '' ? undefined : problemOf(MAIL_USER, user),
    password: password === '' ? undefined : problemOf(MAIL_PASSWORD, password),
    from: problemOf(MAIL_ADDRESS, from.trim()),
    to: to.length === 0 ? 'Give at least one address.' : wrong && `${wrong} is no mail address.`,
  }
}

/** As the API takes it, when nothing is wrong with it. */
export function inputOf(draft: Draft): ChannelInput {
  const { kind, name, events, url } = draft
  const where = kind === 'email' ? { mail: mailOf(draft) } : { url: url.trim() }
  return { kind, name: name.trim(), events, ...where }
}

export function changeOf(draft: Draft): ChannelChange {
  const { kind, name, events, url, newSecret } = draft
  const address = url.trim() === '' ? {} : { url: url.trim() }
  const where = kind === 'email' ? { mail: mailOf(draft) } : address
  return { name: name.trim(), events, ...where, ...(newSecret && { newSecret: true as const }) }
}

function mailOf(draft: Draft): MailInput {
  const { host, port = 0, security, user, password, from } = draft
  return {
    host: host.trim(),
    port,
    security,
    ...(user !== '' && { user }),
    ...(password !== '' && { password }),
    from: from.trim(),
    to: recipientsOf(draft),
  }
}
