import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type HookReceiver, type MailServer, saying, startHookReceiver, startMailServer } from '../support/receivers.ts'
import { createSlipway, freePort, type Slipway } from '../support/slipway.ts'

const everything = ['deploy-failed', 'deploy-recovered', 'app-down', 'app-recovered', 'disk-nearly-full']

let slipway: Slipway
let hook: HookReceiver
let mail: MailServer
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-news-'))
  slipway = await createSlipway({ SLIPWAY_NGINX: 'off' })
  ;[hook, mail] = await Promise.all([startHookReceiver(), startMailServer(folder), slipway.start()])
})
afterAll(async () => {
  expect(hook.violations).toEqual([])
  await slipway.destroy()
  await Promise.all([hook.stop(), mail.stop()])
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  hook.received.length = 0
  hook.answer = saying(200, 'ok')
})

const api = (method: string, address: string, body?: unknown) => slipway.api(method, address, body)
const list = async (): Promise<any[]> => (await api('GET', '/api/channels')).body.channels
const show = async (id: string) => (await list()).find((it) => it.id === id)
const audit = async (): Promise<any[]> => (await api('GET', '/api/audit?limit=100')).body.entries

async function make(input: object): Promise<{ id: string; secret: string }> {
  const { status, body } = await api('POST', '/api/channels', { events: everything, ...input })
  expect({ status, message: body.message }).toEqual({ status: 201, message: undefined })
  return { id: body.channel.id, secret: body.secret }
}
const tryOut = async (id: string) => (await api('POST', `/api/channels/${id}/test`)).body
const remove = async (id: string) => expect((await api('DELETE', `/api/channels/${id}`)).status).toBe(204)
const mailInput = (more: object = {}) => ({
  ...{ host: 'localhost', port: mail.port, security: 'starttls', user: mail.user, password: mail.password },
  ...{ from: 'slipway@example.com', to: ['ann@example.com', 'bob@example.com'], ...more },
})

describe('a channel', () => {
  test('is made, changed and deleted; its secrets are shown once or never, and the audit log has none', async () => {
    const { id, secret } = await make({ name: 'ops', kind: 'webhook', url: hook.url })
    expect(secret).toMatch(/^whsec_[\w-]{43}$/)
    expect(await show(id)).toEqual({
      id,
      name: 'ops',
      kind: 'webhook',
      events: everything,
      isEnabled: true,
      target: new URL(hook.url).host,
      mail: null,
      lastSentAt: null,
      lastError: null,
      createdAt: expect.any(String),
    })
    const changed = await api('PATCH', `/api/channels/${id}`, { name: 'night', events: ['app-down'] })
    expect(changed).toMatchObject({ status: 200, body: { channel: { name: 'night', events: ['app-down'] } } })
    expect(changed.body.secret).toBeUndefined()
    const renewed = await api('PATCH', `/api/channels/${id}`, { newSecret: true })
    expect(renewed.body.secret).toMatch(/^whsec_/)
    expect(renewed.body.secret).not.toBe(secret)
    await remove(id)
    expect(await list()).toEqual([])
    const entries = (await audit()).filter((it) => it.action.startsWith('channel.'))
    expect(entries.map((it) => it.action)).toEqual([
      'channel.deleted',
      'channel.changed',
      'channel.changed',
      'channel.created',
    ])
    expect(JSON.stringify(entries)).not.toMatch(/whsec_|of-nobody-elses/)
  })

  test('for mail keeps its password while server and user stay, and asks for it again when they change', async () => {
    const { id } = await make({ name: 'mail', kind: 'email', mail: mailInput() })
    const { password: _, ...without } = mailInput()
    const { user, from, to, ...where } = without
    expect((await show(id)).mail).toEqual({ ...where, user, from, to, passwordIsSet: true })
    expect(JSON.stringify(await list())).not.toContain(mail.password)
    const change = (more: object) => api('PATCH', `/api/channels/${id}`, { mail: { ...without, ...more } })
    expect(await change({ to: ['eve@example.com'] })).toMatchObject({ status: 200 })
    for (const elsewhere of [{ host: 'mail.example.com' }, { port: 2525 }, { user: 'other' }]) {
      expect(await change(elsewhere)).toMatchObject({ status: 400, body: { field: 'mail.password' } })
    }
    expect(await change({ security: 'none' })).toMatchObject({ status: 400, body: { field: 'mail.security' } })
    expect((await show(id)).mail).toMatchObject({ host: 'localhost', to: ['eve@example.com'], passwordIsSet: true })
    await remove(id)
  })

  test.each<[string, object, string]>([
    ['no address', { kind: 'slack' }, 'url'],
    ['an address that is none', { kind: 'slack', url: 'hooks.slack.com' }, 'url'],
    ['a file', { kind: 'webhook', url: 'file:///etc/passwd' }, 'url'],
    ['an address with a password', { kind: 'webhook', url: 'https://a:b@example.com/' }, 'url'],
    ['a mail server for Slack', { kind: 'slack', url: 'https://x.test/', mail: mailOf() }, 'mail'],
    ['no mail server', { kind: 'email' }, 'mail'],
    ['a sender with a line end', { kind: 'email', mail: mailOf({ from: 'a@b.c\nBcc: d@e.f' }) }, 'mail.from'],
    ['two recipients in one', { kind: 'email', mail: mailOf({ to: ['a@b.c, d@e.f'] }) }, 'mail.to.0'],
    ['nobody', { kind: 'email', mail: mailOf({ to: [] }) }, 'mail.to'],
    ['a name with a line end', { kind: 'slack', url: 'https://x.test/', name: 'a\nb' }, 'name'],
    ['no news', { kind: 'slack', url: 'https://x.test/', events: [] }, 'events'],
  ])('with %s is refused', async (_, input, field) => {
    const reply = await api('POST', '/api/channels', { name: 'a', events: everything, ...input })
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_input', field } })
    expect(reply.body.message, 'in words').not.toMatch(/pattern|\^/)
  })

  function mailOf(more: object = {}) {
    return { host: 'localhost', port: 25, security: 'none', from: 'a@b.c', to: ['d@e.f'], ...more }
  }

  test('is seen by an API token, and changed by none', async () => {
    const { id } = await make({ name: 'kept', kind: 'slack', url: hook.url })
    const { body } = await api('POST', '/api/tokens', { name: 'CI', scope: 'write' })
    const as = { authorization: `Bearer ${body.secret}` }
    expect((await slipway.api('GET', '/api/channels', undefined, as)).status).toBe(200)
    for (const [method, address, input] of [
      ['PATCH', `/api/channels/${id}`, { isEnabled: false }],
      ['DELETE', `/api/channels/${id}`, undefined],
      ['POST', `/api/channels/${id}/test`, undefined],
    ] as const) {
      const reply = await slipway.api(method, address, input, as)
      expect(reply).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
    expect(await show(id)).toMatchObject({ isEnabled: true })
    await remove(id)
  })
})

describe('a test', () => {
  test('of a webhook is signed over the bytes that arrive', async () => {
    const { id, secret } = await make({ name: 'signed', kind: 'webhook', url: hook.url })
    expect(await tryOut(id)).toEqual({ ok: true, message: `${new URL(hook.url).host} answered 200: ok` })
    const [it] = hook.received
    const signature = createHmac('sha256', secret)
      .update(it?.body ?? '')
      .digest('hex')
    expect(it?.headers).toMatchObject({
      'x-slipway-signature': `sha256=${signature}`,
      'x-slipway-event': 'test',
      'x-slipway-delivery': expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(it?.json).toMatchObject({ type: 'test', app: null, slipway: slipway.url, url: expect.any(String) })
    expect(await show(id)).toMatchObject({ lastSentAt: expect.any(String), lastError: null })
    await remove(id)
  })

  test.each([
    ['slack', saying(404, 'no_service'), /answered 404: no_service – the webhook was taken away at Slack/],
    [
      'discord',
      saying(404, '{"message": "Unknown Webhook", "code": 10015}'),
      /Unknown Webhook.* was deleted at Discord/,
    ],
    ['webhook', saying(302, '', { location: '/elsewhere' }), /answered 302, which leads elsewhere/],
    ['webhook', saying(500, 'x'.repeat(10_000)), /answered 500: x{200}…$/],
  ] as const)('of %s says what the far side said, and follows nothing', async (kind, answer, words) => {
    const { id } = await make({ name: 'says', kind, url: hook.url })
    hook.answer = answer
    const outcome = await tryOut(id)
    expect(outcome).toEqual({ ok: false, message: expect.stringMatching(words) })
    expect(outcome.message).not.toContain('of-nobody-elses')
    expect(hook.received).toHaveLength(1)
    expect((await show(id)).lastError).toBe(outcome.message)
    await remove(id)
  })

  test('of an address where nothing listens says so', async () => {
    const { id } = await make({ name: 'nobody', kind: 'webhook', url: `http://127.0.0.1:${await freePort()}/` })
    expect(await tryOut(id)).toEqual({ ok: false, message: expect.stringContaining('connection refused') })
    await remove(id)
  })

  test('of a mail server whose certificate nobody vouches for sends nothing, and with its authority named it does', async () => {
    const { id } = await make({ name: 'mail', kind: 'email', mail: mailInput() })
    expect(await tryOut(id)).toEqual({ ok: false, message: expect.stringContaining('certificate is not trusted') })
    expect(mail.mails).toEqual([])

    await slipway.terminate()
    await slipway.start({ NODE_EXTRA_CA_CERTS: mail.certificate })
    expect(await tryOut(id)).toEqual({ ok: true, message: expect.stringMatching(/^localhost took the mail: 250 /) })
    const [it] = mail.mails
    expect(it).toMatchObject({
      user: mail.user,
      secure: true,
      from: 'slipway@example.com',
      to: ['ann@example.com', 'bob@example.com'],
    })
    expect(it?.text).toMatch(/^From: Slipway <slipway@example\.com>\r\n/m)
    expect(it?.text).toMatch(/^Auto-Submitted: auto-generated\r\n/im)

    await api('PATCH', `/api/channels/${id}`, { mail: mailInput({ password: 'not this one' }) })
    expect(await tryOut(id)).toEqual({
      ok: false,
      message: expect.stringMatching(/refused the user name or the password: 535/),
    })
    await remove(id)
  })
})
