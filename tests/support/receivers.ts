import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import { SMTPServer } from 'smtp-server'

export type Received = { path: string; headers: IncomingHttpHeaders; body: string; json: any }

/** Takes what is posted to it, on loopback. */
export type HookReceiver = {
  url: string
  received: Received[]
  /** What no sender of JSON may do. */
  violations: string[]
  /** How it answers from now on; undefined never answers. */
  answer: ((response: ServerResponse) => void) | undefined
  stop(): Promise<void>
}

export const saying =
  (status: number, text = '', headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end(text)

export async function startHookReceiver(): Promise<HookReceiver> {
  const received: Received[] = []
  const violations: string[] = []
  const server = createServer(async (request, response) => {
    const { method, url = '', headers } = request
    let body = ''
    for await (const part of request.setEncoding('utf8')) body += part
    if (method !== 'POST') violations.push(`${method} ${url}`)
    if (headers['content-type'] !== 'application/json') violations.push(`content-type ${headers['content-type']}`)
    if (!headers['user-agent']) violations.push('no user-agent')
    received.push({ path: url, headers, body, json: JSON.parse(body) })
    receiver.answer?.(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const receiver: HookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/of-nobody-elses`,
    received,
    violations,
    answer: saying(200, 'ok'),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return receiver
}

export type Mail = { user: string | undefined; secure: boolean; from: string; to: string[]; text: string }

export type MailServer = {
  port: number
  user: string
  password: string
  /** What signs its certificate: itself. */
  certificate: string
  mails: Mail[]
  stop(): Promise<void>
}

/** A mail server on `localhost` that wants STARTTLS, or with `tls` speaks nothing else, and a password. */
export async function startMailServer(folder: string, { tls = false } = {}): Promise<MailServer> {
  const [key, certificate] = [path.join(folder, 'mail.key'), path.join(folder, 'mail.crt')]
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
  ])
  const [user, password] = ['slipway', 'a password for mail']
  const mails: Mail[] = []
  const server = new SMTPServer({
    secure: tls,
    key: await readFile(key),
    cert: await readFile(certificate),
    logger: false,
    onAuth(auth, _session, done) {
      const isRight = auth.username === user && auth.password === password
      done(isRight ? null : new Error('5.7.8 who are you'), isRight ? { user } : undefined)
    },
    onData(stream, session, done) {
      let text = ''
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          user: session.user === undefined ? undefined : String(session.user),
          secure: session.secure,
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map((it) => it.address),
          text,
        })
        done(null)
      })
    },
  })
  // A client that does not trust the certificate hangs up.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.server.address() as AddressInfo).port,
    user,
    password,
    certificate,
    mails,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
