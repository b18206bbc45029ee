import type { MailSecurity, NewsKind } from './states.ts'

/** A piece of news as every channel gets it: sentences that say what happened and what to do. It holds no secret. */
export type News = {
  type: NewsKind | 'test'
  title: string
  message: string
  hint?: string
  /** The page of the UI that shows more. */
  url: string
  /** `url`: where the app itself is reached, if it is. */
  app?: { id: string; name: string; url: string | null }
  release?: number
  commit?: { sha: string; message: string; author: string }
  at: string
}

/** What happened and what to do, in two lines. */
export const textOf = ({ message, hint }: News): string => (hint === undefined ? message : `${message}\n${hint}`)

export const commitLine = ({ sha, message, author }: NonNullable<News['commit']>): string =>
  `${sha.slice(0, 7)} ${message} (${author})`

/** Where and how a channel sends; `url` of a webhook holds what lets one in, so all of it is kept like a password. */
export type HookConfig = { url: string; secret?: string }
export type MailConfig = {
  host: string
  port: number
  security: MailSecurity
  user?: string
  password?: string
  from: string
  to: string[]
}

/** One sending: `delivery` is the same for each try of it. */
export type Parcel = { news: News; delivery: string; slipway: string }

/** What was sent was not taken. `isFinal`: trying again would change nothing. */
export class SendFailure extends Error {
  readonly isFinal: boolean
  constructor(message: string, isFinal = false) {
    super(message)
    this.name = 'SendFailure'
    this.isFinal = isFinal
  }
}
