import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { deleteChannel, findChannel, insertChannel, newChannelId, updateChannel } from '../../server/db/channels.ts'
import { listNext, queueNews } from '../../server/db/news.ts'
import type { Db } from '../../server/db/schema.ts'
import { sealConfig } from '../../server/deploy/channel-config.ts'
import { createPost } from '../../server/deploy/post-news.ts'
import type { Send } from '../../server/deploy/send-news.ts'
import type { Deps } from '../../server/deps.ts'
import { createEventHub } from '../../server/events.ts'
import { type News, SendFailure } from '../../server/news.ts'
import { createSecrets } from '../../server/secrets.ts'
import { makeDatabase } from '../support/temp-database.ts'

const secrets = createSecrets([randomBytes(32)])

async function makeDeps(): Promise<Deps> {
  const config = { publicUrl: 'http://slipway.test' }
  const db = await makeDatabase()
  return { config, db, secrets, events: createEventHub(), log: pino({ level: 'silent' }) } as unknown as Deps
}

async function makeChannel(db: Db, name = 'ops', more: object = {}): Promise<string> {
  const id = newChannelId()
  const config = sealConfig({ secrets }, id, { kind: 'slack', url: `https://${name}.example.com/` })
  await insertChannel(db, { id, kind: 'slack', name, config, events: ['app-down'], isEnabled: true, ...more })
  return id
}

const piece = (title: string, type: News['type'] = 'app-down'): News => ({
  type,
  title,
  message: 'm',
  url: 'u',
  at: 'a',
})
const left = async (db: Db) => (await db.selectFrom('news').select('id').execute()).length

/** A post whose sendings are noted and end as `outcome` says. */
function makePost(deps: Deps, outcome: (title: string, count: number) => void | Promise<void>, backOff = [5, 5]) {
  const sent: { to: string; title: string; delivery: string }[] = []
  const send: Send = async (config, { news, delivery }) => {
    sent.push({
      to: 'url' in config ? (new URL(config.url).host.split('.')[0] ?? '') : '',
      title: news.title,
      delivery,
    })
    await outcome(news.title, sent.length)
    return 'taken'
  }
  const post = createPost(deps, send, backOff)
  onTestFinished(() => post.stop())
  return { post, sent }
}

test('news goes to the channels that want it, in order, and then is forgotten', async () => {
  const deps = await makeDeps()
  const id = await makeChannel(deps.db, 'wants')
  await makeChannel(deps.db, 'wants-other', { events: ['disk-nearly-full'] })
  await makeChannel(deps.db, 'is-off', { isEnabled: false })
  for (const title of ['1', '2', '3']) await queueNews(deps.db, piece(title))
  const { post, sent } = makePost(deps, () => undefined)
  post.kick()
  post.kick()
  await expect.poll(() => left(deps.db)).toBe(0)
  expect(sent.map((it) => `${it.to} ${it.title}`)).toEqual(['wants 1', 'wants 2', 'wants 3'])
  expect(await findChannel(deps.db, id)).toMatchObject({ lastSentAt: expect.any(String), lastError: null })
})

test('what fails is tried three times under one id, in its place, and the reason is kept until a sending goes well', async () => {
  const deps = await makeDeps()
  const id = await makeChannel(deps.db)
  for (const title of ['1', '2']) await queueNews(deps.db, piece(title))
  const { post, sent } = makePost(deps, (title) => {
    if (title === '1') throw new SendFailure('it answered 500')
  })
  const errors: unknown[] = []
  deps.events.subscribe(() => void findChannel(deps.db, id).then((it) => errors.push(it?.lastError)))
  post.kick()
  await expect.poll(() => sent.length).toBe(4)
  expect(sent.map((it) => it.title)).toEqual(['1', '1', '1', '2'])
  expect(new Set(sent.slice(0, 3).map((it) => it.delivery)).size).toBe(1)
  await expect.poll(() => left(deps.db)).toBe(0)
  await expect.poll(() => errors).toEqual(['it answered 500', 'it answered 500', 'it answered 500', null])
})

test('what no second try would change is not tried again', async () => {
  const deps = await makeDeps()
  const id = await makeChannel(deps.db)
  await queueNews(deps.db, piece('1'))
  const { post, sent } = makePost(deps, () => {
    throw new SendFailure('it answered 404', true)
  })
  post.kick()
  await expect.poll(() => left(deps.db)).toBe(0)
  expect(sent).toHaveLength(1)
  expect((await findChannel(deps.db, id))?.lastError).toBe('it answered 404')
})

test('a channel that hangs keeps no other one waiting', async () => {
  const deps = await makeDeps()
  await makeChannel(deps.db, 'hangs')
  await makeChannel(deps.db, 'works')
  await queueNews(deps.db, piece('1'))
  const over = Promise.withResolvers<void>()
  let count = 0
  const { post, sent } = makePost(deps, () => {
    count += 1
    return sent.at(-1)?.to === 'hangs' ? over.promise : undefined
  })
  post.kick()
  await expect.poll(() => left(deps.db)).toBe(1)
  expect(count).toBe(2)
  over.resolve()
  await expect.poll(() => left(deps.db)).toBe(0)
})

test('a stop cuts off what is being sent, and the next start sends it, under the same id', async () => {
  const deps = await makeDeps()
  await makeChannel(deps.db)
  await queueNews(deps.db, piece('1'))
  const begun = Promise.withResolvers<string>()
  const hanging: Send = (_config, { delivery }, { signal } = {}) =>
    new Promise((_, reject) => {
      begun.resolve(delivery)
      signal?.addEventListener('abort', () => reject(signal.reason))
    })
  const first = createPost(deps, hanging)
  first.kick()
  const delivery = await begun.promise
  await first.stop()
  expect(await listNext(deps.db)).toMatchObject([{ delivery, attempts: 0 }])
  const { post, sent } = makePost(deps, () => undefined)
  post.kick()
  await expect.poll(() => left(deps.db)).toBe(0)
  expect(sent).toEqual([{ to: 'ops', title: '1', delivery }])
})

test('of what waits too long the oldest goes, and all of it goes with its channel', async () => {
  const deps = await makeDeps()
  const id = await makeChannel(deps.db)
  for (let at = 1; at <= 103; at++) await queueNews(deps.db, piece(String(at)))
  expect(await left(deps.db)).toBe(100)
  expect((await listNext(deps.db)).map((it) => it.news.title)).toEqual(['4'])
  await deleteChannel(deps.db, id)
  expect(await left(deps.db)).toBe(0)
})

test('what waits for a channel that was switched off meanwhile is dropped unsent', async () => {
  const deps = await makeDeps()
  const id = await makeChannel(deps.db)
  await queueNews(deps.db, piece('1'))
  const channel = await findChannel(deps.db, id)
  if (channel) await updateChannel(deps.db, id, { ...channel, isEnabled: false })
  const { post, sent } = makePost(deps, () => undefined)
  post.kick()
  await expect.poll(() => left(deps.db)).toBe(0)
  expect(sent).toEqual([])
})

test('a test says what the far side said, and is kept as the last result', async () => {
  const deps = await makeDeps()
  const channel = await findChannel(deps.db, await makeChannel(deps.db))
  if (!channel) throw new Error('there is no channel')
  const { post } = makePost(deps, (_, count) => {
    if (count === 1) throw new SendFailure('it answered 404: no_service')
  })
  expect(await post.test(channel)).toEqual({ ok: false, message: 'it answered 404: no_service' })
  expect((await findChannel(deps.db, channel.id))?.lastError).toBe('it answered 404: no_service')
  expect(await post.test(channel)).toEqual({ ok: true, message: 'taken' })
  expect(await findChannel(deps.db, channel.id)).toMatchObject({ lastError: null, lastSentAt: expect.any(String) })
})
