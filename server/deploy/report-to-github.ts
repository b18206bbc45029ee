import { setTimeout as sleep } from 'node:timers/promises'
import { findDeployment } from '../db/deployments.ts'
import type { Deps } from '../deps.ts'
import { toAppError } from '../errors.ts'
import type { SlipwayEvent } from '../events.ts'
import { createReport, type News } from './report/report.ts'

/** More than this wait only while GitHub does not answer: the oldest is given up. */
const MOST_WAITING = 200
const PAUSES_MS = [2000, 10_000]
const END_MS = 1000
/** What GitHub does not permit is not tried again so soon. */
const QUIET_MS = 60 * 60_000

/**
 * Tells GitHub how releases go: statuses of commits, and deployments. One after the other, in their order, beside the
 * deploys and never in their way. Answers the function that ends it.
 */
export function reportToGithub(deps: Deps): () => Promise<void> {
  const report = createReport(deps)
  const waiting: News[] = []
  const quietUntil = new Map<string, number>()
  const end = new AbortController()
  const going = new Set<string>()
  let working: Promise<void> | undefined

  function add(news: News): void {
    waiting.push(news)
    if (waiting.length > MOST_WAITING) waiting.shift()
    working ??= workOff().finally(() => {
      working = undefined
    })
  }

  /** Told once, and of the row as it is now: it may be gone before its turn comes. */
  function addRemoval(deployment: string): void {
    if (going.has(deployment)) return
    going.add(deployment)
    add({ kind: 'gone', deployment, row: findDeployment(deps.db, deployment).catch(() => undefined) })
  }

  async function workOff(): Promise<void> {
    for (let news = waiting.shift(); news !== undefined && !end.signal.aborted; news = waiting.shift()) {
      if ((quietUntil.get(news.deployment) ?? 0) <= performance.now()) await tellThrice(news)
    }
  }

  async function tellThrice(news: News): Promise<void> {
    for (const pause of [...PAUSES_MS, undefined]) {
      const error = await report(news).then(
        () => undefined,
        (reason: unknown) => toAppError(reason),
      )
      if (error === undefined || end.signal.aborted) return
      if (error.code === 'github_unavailable' && pause !== undefined) {
        await sleep(pause, undefined, { signal: end.signal, ref: false }).catch(() => undefined)
        continue
      }
      if (error.code === 'github_denied') quietUntil.set(news.deployment, performance.now() + QUIET_MS)
      return deps.log.warn({ deployment: news.deployment }, `GitHub was not told of a release: ${error.message}`)
    }
  }

  const unsubscribe = deps.events.subscribe((event) => {
    if (event.type === 'deployment' && event.status === 'deleting') addRemoval(event.deployment)
    if (event.type === 'deleted') going.delete(event.deployment)
    const news = newsIn(event)
    if (news) add(news)
  })
  return async () => {
    unsubscribe()
    end.abort()
    // A request that GitHub does not answer is not waited for.
    await Promise.race([working, sleep(END_MS, undefined, { ref: false })])
  }
}

/** What GitHub is told of. That a release begins counts once its commit is known. */
function newsIn(event: SlipwayEvent): News | undefined {
  if (event.type === 'step' && event.step === 'check-out' && event.state === 'done') {
    return { kind: 'begun', deployment: event.deployment, release: event.release }
  }
  if (event.type === 'release' && event.status === 'live') {
    return { kind: 'live', deployment: event.deployment, release: event.release }
  }
  if (event.type === 'release' && event.status === 'failed') {
    const { deployment, release, error } = event
    return { kind: 'failed', deployment, release, ...(error && { error }) }
  }
  return undefined
}
