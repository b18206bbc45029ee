import { randomUUID } from 'node:crypto'
import { type Channel, findChannel, noteSending } from '../db/channels.ts'
import { dropNews, listNext, postponeNews, type Waiting } from '../db/news.ts'
import type { Deps } from '../deps.ts'
import { type Parcel, SendFailure } from '../news.ts'
import { openConfig } from './channel-config.ts'
import { tellTest } from './news-words.ts'
import { type Send, sendNews } from './send-news.ts'

export type Post = {
  /** Looks for news that waits to be sent. */
  kick(): void
  /** Sends to one channel at once, and answers what the far side said. */
  test(channel: Channel): Promise<{ ok: boolean; message: string }>
  /** Cuts off what is being sent: it is sent again after the next start. */
  stop(): Promise<void>
}

/** After the first try, and after the second. */
const BACK_OFF_MS: readonly number[] = [5000, 60_000]

/**
 * Sends the news that was written down: for each channel in order, three tries each. Channels do not wait for each other,
 * and nothing waits for them. How the last sending went is kept with the channel.
 */
export function createPost(deps: Deps, send: Send = sendNews, backOffMs = BACK_OFF_MS): Post {
  const end = new AbortController()
  const busy = new Map<string, Promise<void>>()
  let alarm: NodeJS.Timeout | undefined

  function kick(): void {
    void deliverDue().catch((error: unknown) => deps.log.error({ err: error }, 'the news could not be read'))
  }

  async function deliverDue(): Promise<void> {
    if (end.signal.aborted) return
    const waiting = (await listNext(deps.db)).filter((it) => !busy.has(it.channelId))
    const later = waiting.flatMap(({ runAfter }) => (runAfter === null ? [] : [Date.parse(runAfter) - Date.now()]))
    const pauses = later.filter((ms) => ms > 0)
    clearTimeout(alarm)
    if (pauses.length > 0) alarm = setTimeout(kick, Math.min(...pauses) + 1).unref()
    for (const it of waiting) if (it.runAfter === null || Date.parse(it.runAfter) <= Date.now()) occupy(it)
  }

  /** One at a time for a channel. */
  function occupy(it: Waiting): void {
    if (end.signal.aborted || busy.has(it.channelId)) return
    const work = deliver(it)
      .then(
        () => true,
        (error: unknown) => {
          if (!end.signal.aborted) deps.log.error({ err: error, channel: it.channelId }, 'news could not be sent')
          return false
        },
      )
      .then((goesOn) => {
        busy.delete(it.channelId)
        if (goesOn) kick()
      })
    busy.set(it.channelId, work)
  }

  async function deliver(it: Waiting): Promise<void> {
    const channel = await findChannel(deps.db, it.channelId)
    if (!channel?.isEnabled) return dropNews(deps.db, it.id)
    const failure = await attempt(channel, { news: it.news, delivery: it.delivery })
    await deps.db.transaction().execute(async (db) => {
      await noteSending(db, channel.id, failure?.message ?? null)
      const pause = failure?.isFinal === false ? backOffMs[it.attempts] : undefined
      if (pause === undefined) await dropNews(db, it.id)
      else await postponeNews(db, it, new Date(Date.now() + pause).toISOString())
    })
    if (failure)
      deps.log.warn({ channel: channel.name, attempt: it.attempts + 1 }, `news was not taken: ${failure.message}`)
    deps.events.publish({ type: 'changed', what: 'channels' })
  }

  /** Undefined when it was taken. @throws the reason of the end */
  async function attempt(channel: Channel, parcel: Omit<Parcel, 'slipway'>): Promise<SendFailure | undefined> {
    try {
      await send(openConfig(deps, channel), { ...parcel, slipway: deps.config.publicUrl }, { signal: end.signal })
      return undefined
    } catch (error) {
      end.signal.throwIfAborted()
      return asFailure(error)
    }
  }

  return {
    kick,
    async test(channel) {
      const news = tellTest(deps, channel.name, new Date())
      const parcel: Parcel = { news, delivery: randomUUID(), slipway: deps.config.publicUrl }
      const outcome = await tryOnce(channel, parcel)
      await noteSending(deps.db, channel.id, outcome.ok ? null : outcome.message)
      deps.events.publish({ type: 'changed', what: 'channels' })
      return outcome
    },
    async stop() {
      end.abort()
      clearTimeout(alarm)
      await Promise.all(busy.values())
    },
  }

  async function tryOnce(channel: Channel, parcel: Parcel): Promise<{ ok: boolean; message: string }> {
    try {
      return { ok: true, message: await send(openConfig(deps, channel), parcel, { signal: end.signal }) }
    } catch (error) {
      return { ok: false, message: asFailure(error).message }
    }
  }
}

const asFailure = (error: unknown): SendFailure =>
  error instanceof SendFailure ? error : new SendFailure(error instanceof Error ? error.message : String(error))
