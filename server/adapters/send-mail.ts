import type { SendMailOptions } from 'nodemailer'
import { commitLine, type MailConfig, type Parcel, SendFailure } from '../news.ts'
import { oneLine, whyUnreachable } from './why-unreachable.ts'

const TIMEOUT_MS = 10_000

type Options = { signal?: AbortSignal; timeoutMs?: number }
/** What nodemailer throws. */
type MailError = Error & { code?: string; response?: string; responseCode?: number }

/**
 * Sends a mail of plain text. The certificate of the server is verified, and without `none` nothing is sent in the
 * clear. Nodemailer is loaded here, with the first mail: a server that sends none is spared some 5 MB.
 * @throws SendFailure
 */
export async function sendMail(config: MailConfig, parcel: Parcel, options: Options = {}): Promise<string> {
  const { createTransport } = await import('nodemailer')
  const { host, port, security, user, password } = config
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
  const limit = AbortSignal.timeout(timeoutMs)
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    const signal = options.signal ? AbortSignal.any([limit, options.signal]) : limit
    const mail: SendMailOptions & { signal: AbortSignal } = { ...mailOf(config, parcel), signal }
    const { response, rejected } = await transport.sendMail(mail)
    const left = rejected.length === 0 ? '' : ` It refused ${rejected.map(String).join(', ')}.`
    return `${host} took the mail: ${oneLine(response)}.${left}`
  } catch (error) {
    options.signal?.throwIfAborted()
    if (limit.aborted) throw new SendFailure(`${host} did not answer within ${timeoutMs / 1000} s.`)
    throw explain(config, error as MailError)
  } finally {
    transport.close()
  }
}

/** Line ends in what becomes a header are a space: no name can add a header of its own. */
function mailOf({ from, to }: MailConfig, { news, delivery }: Parcel): SendMailOptions {
  const { title, message, hint, commit, url } = news
  const line = commit && `Commit: ${commitLine(commit)}`
  return {
    from: { name: 'Slipway', address: from },
    to,
    subject: title.replace(/[\p{C}\s]+/gu, ' '),
    text: [message, hint, line, url].filter((it) => it !== undefined).join('\n\n'),
    messageId: `<${delivery}@${from.split('@').at(-1)}>`,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Slipway-Event': news.type },
  }
}

function explain({ host, port, security, to }: MailConfig, error: MailError): SendFailure {
  const { code, response, responseCode = 0 } = error
  const said = response === undefined ? '' : `: ${oneLine(response)}`
  const isFinal = responseCode >= 500
  if (code === 'EAUTH') return new SendFailure(`${host} refused the user name or the password${said}`, isFinal)
  if (code === 'EENVELOPE') return new SendFailure(`${host} takes no mail for ${to.join(', ')}${said}`, isFinal)
  if (response !== undefined) return new SendFailure(`${host} refused the mail${said}`, isFinal)
  const advice = security === 'tls' && /wrong version number|packet length/i.test(error.message) ? STARTTLS : ''
  return new SendFailure(`${host}, port ${port}, could not be reached safely: ${whyUnreachable(error)}.${advice}`)
}

const STARTTLS = ' It does not speak TLS from the first byte there: choose STARTTLS, or its port for TLS, mostly 465.'
