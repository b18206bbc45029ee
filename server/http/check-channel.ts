import { randomBytes } from 'node:crypto'
import type { ChannelConfig } from '../deploy/channel-config.ts'
import { AppError } from '../errors.ts'
import type { HookConfig, MailConfig } from '../news.ts'
import type { ChannelKind } from '../states.ts'
import type { MailInput } from './schemas.ts'

/** What a schema cannot say about a channel. All throw invalid_input with the field. */

type Input = { url?: string | undefined; mail?: MailInput | undefined; newSecret?: boolean | undefined }

/** The configuration of a channel of this kind, over what is stored. `secret` is one that has to be shown, this once. */
export function checkChannel(
  kind: ChannelKind,
  input: Input,
  stored?: ChannelConfig,
): { config: ChannelConfig; secret?: string } {
  if (kind === 'email') {
    refuse(input.url !== undefined || input.newSecret, 'url', 'A channel for mail has no address of a webhook.')
    return { config: { kind, ...checkMail(input.mail, stored?.kind === 'email' ? stored : undefined) } }
  }
  refuse(input.mail !== undefined, 'mail', 'Only a channel for mail has a mail server.')
  const before = stored?.kind === 'email' ? undefined : stored
  const url = checkUrl(input.url ?? before?.url)
  if (kind !== 'webhook') {
    refuse(input.newSecret, 'newSecret', 'Only what goes to a webhook of your own is signed.')
    return { config: { kind, url } }
  }
  if (before?.secret !== undefined && !input.newSecret) return { config: { kind, url, secret: before.secret } }
  const secret = `whsec_${randomBytes(32).toString('base64url')}`
  return { config: { kind, url, secret }, secret }
}

function checkUrl(url: HookConfig['url'] | undefined): string {
  if (url === undefined) throw new AppError('invalid_input', 'Give the address of the webhook.', { field: 'url' })
  refuse(!URL.canParse(url), 'url', 'This is not an address. Copy it again from where the webhook was made.')
  return url
}

function checkMail(input: MailInput | undefined, stored: MailConfig | undefined): MailConfig {
  if (input === undefined && stored) return stored
  if (input === undefined) throw new AppError('invalid_input', 'Give the mail server.', { field: 'mail' })
  const { user, password, ...rest } = input
  if (user === undefined) {
    refuse(password !== undefined, 'mail.user', 'Give the user name that the password is for.')
    return rest
  }
  const secret = password ?? keptPassword(input, stored)
  refuse(
    rest.security === 'none',
    'mail.security',
    'A password is not sent unencrypted. Choose TLS or STARTTLS, or leave the user name out.',
  )
  return { ...rest, user, password: secret }
}

/** A stored password goes to the server it was meant for, and over no weaker way. */
function keptPassword(input: MailInput, stored: MailConfig | undefined): string {
  const { host, port, user, password } = stored ?? {}
  if (password !== undefined && host === input.host && port === input.port && user === input.user) return password
  const why =
    stored?.password === undefined
      ? 'Give the password.'
      : 'Give the password again: the server or the user is another one.'
  throw new AppError('invalid_input', why, { field: 'mail.password' })
}

function refuse(isWrong: boolean | undefined, field: string, message: string): void {
  if (isWrong) throw new AppError('invalid_input', message, { field })
}
