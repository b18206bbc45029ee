import { setTimeout as sleep } from 'node:timers/promises'
import type { World } from '../support/world.ts'
import type { App } from './apps.ts'

/** How often each app is asked, and how long a visitor waits. */
const EVERY_MS = 100
const PATIENCE_MS = 2000
/** So long an app has to answer every time until it counts as back. */
const STEADY_MS = 5000

/** `met`: what came instead, one after the other. `backMs`: from the blow to the first of the answers that were all right; 0 for an app that nobody missed, NaN for one that is not. */
export type Visited = { app: App; asked: number; failed: number; wrong: string[]; met: string[]; backMs: number }

/** Asks every app all the time, from before the blow on. */
export function startVisits(world: World, apps: App[]) {
  const end = new AbortController()
  const visits = apps.map((app) => visit(world, app, end.signal))
  return {
    /** From now on times are counted. */
    blow() {
      for (const it of visits) it.begin()
    },
    /** Answers when every app has answered right for a while. @throws with those that did not, after `patienceMs` */
    async untilSteady(patienceMs: number): Promise<void> {
      const until = Date.now() + patienceMs
      while (!visits.every((it) => it.isSteady())) {
        if (Date.now() > until) throw new Error(`do not answer: ${visits.flatMap((it) => it.complaint()).join('; ')}`)
        await sleep(50)
      }
    },
    async stop(): Promise<Visited[]> {
      end.abort()
      return Promise.all(visits.map((it) => it.over))
    },
  }
}

function visit(world: World, app: App, signal: AbortSignal) {
  let [began, asked, failed, backAt] = [performance.now(), 0, 0, 0]
  const met: string[] = []
  const wrong: string[] = []
  async function loop(): Promise<Visited> {
    while (!signal.aborted) {
      const answer = await ask(world, app)
      asked++
      if (answer === app.says) backAt ||= performance.now()
      else {
        failed++
        backAt = 0
        if (met.at(-1) !== answer) met.push(answer)
        // Another app's text is worse than none.
        if (answer.startsWith('this is')) wrong.push(answer)
      }
      await sleep(EVERY_MS)
    }
    return { app, asked, failed, wrong, met, backMs: failed === 0 ? 0 : backAt > 0 ? backAt - began : Number.NaN }
  }
  return {
    over: loop(),
    begin() {
      began = performance.now()
      asked = 0
      failed = 0
      backAt = 0
    },
    isSteady: () => backAt > 0 && performance.now() - backAt > STEADY_MS,
    complaint: () => (backAt > 0 ? [] : [`${app.subdomain} (${met.at(-1)?.slice(0, 80)})`]),
  }
}

async function ask(world: World, { subdomain }: App): Promise<string> {
  const answer = world.ask(`${subdomain}.localhost`).then(
    ({ status, text }) => (status === 200 ? text : `${status}`),
    (error) => String(error),
  )
  return Promise.race([answer, sleep(PATIENCE_MS, `no answer within ${PATIENCE_MS} ms`, { ref: false })])
}
