import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createCloudflared } from '../adapters/cloudflared.ts'
import { deleteOldDeliveries } from '../db/deliveries.ts'
import { deleteExpiredSessions } from '../db/sessions.ts'
import type { Deps } from '../deps.ts'
import { type Alarm, createAlarm, pause } from './alarm.ts'
import { guardNginx } from './guard-nginx.ts'
import { createHearing, type Hearing } from './hearing.ts'
import { createPoll } from './poll.ts'
import { tendPreviews, watchPreviews } from './previews/rounds.ts'
import type { Queue } from './queue.ts'
import { onContainerEvent, reconcile } from './reconcile.ts'
import { reportToGithub } from './report-to-github.ts'
import { tidy } from './tidy.ts'

/** How often what nobody needs is looked for: each look costs the engine a list of its images. */
const TIDY_MS = 60 * 60_000
/** Deliveries of webhooks are remembered for 30 days. */
const DELIVERIES_MS = 30 * 24 * 60 * 60_000
/** When an engine that hung up is listened to again. */
const AGAIN_MS = 1000

/**
 * What goes on while the server runs: the reconciler's rounds, the engine's events, cloudflared where it is installed.
 * Answers the function that ends it all.
 */
export function watch(deps: Deps, queue: Queue): () => Promise<void> {
  const end = new AbortController()
  const alarm = createAlarm()
  const hearing = createHearing()
  const parts = [
    rounds(deps, queue, { alarm, hearing }, end.signal),
    listen(deps, queue, { alarm, hearing }, end.signal),
    guardNginx(deps, alarm, end.signal),
    polls(deps, queue, end.signal),
  ]
  const endReports = reportToGithub(deps)
  const endTunnel = runTunnel(deps)
  const endPreviews = watchPreviews(deps, queue)
  return async () => {
    end.abort()
    await Promise.all([...parts, endTunnel(), endPreviews(), endReports()])
  }
}

type Senses = { alarm: Alarm; hearing: Hearing }

async function rounds(deps: Deps, queue: Queue, { alarm, hearing }: Senses, signal: AbortSignal): Promise<void> {
  let tidied = Number.NEGATIVE_INFINITY
  while (!signal.aborted) {
    try {
      await reconcile(deps, queue, hearing.beginRound())
      await tendPreviews(deps, queue)
      await deleteExpiredSessions(deps.db)
      if (performance.now() - tidied > TIDY_MS) {
        await tidy(deps)
        tidied = performance.now()
      }
      await deleteOldDeliveries(deps.db, new Date(Date.now() - DELIVERIES_MS).toISOString())
      if (!queue.isBusy()) giveBackMemory()
    } catch (error) {
      deps.log.error({ err: error }, 'a round of the reconciler failed')
    }
    await alarm.pause(deps.config.reconcileSeconds * 1000, signal)
  }
}

/** For pushes that no webhook tells of. */
async function polls(deps: Deps, queue: Queue, signal: AbortSignal): Promise<void> {
  const { githubPollSeconds } = deps.config
  if (githubPollSeconds === 0) return
  const poll = createPoll(deps, queue)
  while (!signal.aborted) {
    await poll(signal)
    await pause(githubPollSeconds * 1000, signal)
  }
}

/**
 * An engine that was away replays 1,000 events at most, so a round looks at everything as soon as it is back: apps that it
 * has started again are not shown as failed any longer than they are.
 */
async function listen(deps: Deps, queue: Queue, { alarm, hearing }: Senses, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const events = deps.docker.events(signal, () => {
        if (hearing.open()) alarm.ring()
      })
      for await (const event of events) await onContainerEvent(deps, queue, event)
    } catch (error) {
      if (!signal.aborted) deps.log.debug({ err: error }, 'the engine ended its events')
    }
    hearing.break()
    await pause(AGAIN_MS, signal)
  }
}

/**
 * A server that idles never collects by itself what its last deploy left. Some 40 ms a minute; the start script exposes
 * `gc` (docs/decisions/memory.md).
 */
function giveBackMemory(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}

/** Starts cloudflared, or hands its token to the unit that does. Answers the function that ends the child. */
function runTunnel({ config, cloudflare, log }: Deps): () => Promise<void> {
  if (!cloudflare || config.cloudflared === 'off') return async () => undefined
  const tokenFile = path.join(config.dataDir, 'cloudflared.token')
  const child = createCloudflared({
    bin: config.cloudflaredBin,
    tokenFile,
    metricsPort: config.cloudflaredMetricsPort,
    log: (message) => log.info(message),
  })
  const started = (async () => {
    await cloudflare.ensureTunnel()
    const token = await cloudflare.tunnelToken()
    if (config.cloudflared === 'unit') await writeToken(tokenFile, token)
    else if (await child.installed()) await child.start(token)
    else log.warn('cloudflared is not installed: routes and records are made, but nothing comes through the tunnel')
  })().catch((error: unknown) => log.error({ err: error }, 'cloudflared could not be started'))
  return async () => {
    await started
    if (config.cloudflared === 'child') await child.stop()
  }
}

/** Leaves an unchanged file alone: the unit watches it. */
async function writeToken(file: string, token: string): Promise<void> {
  const before = existsSync(file) ? await readFile(file, 'utf8') : undefined
  if (before === token) return
  await writeFile(`${file}.new`, token, { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
}
