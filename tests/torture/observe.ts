import { setTimeout as sleep } from 'node:timers/promises'
import type { AppModel } from './model.ts'
import type { Real } from './real.ts'
import type { Trouble } from './trouble.ts'

export type Seen = {
  status: string
  liveRelease: number | undefined
  error: { code: string; message: string } | undefined
  /** A release that the model does not know. */
  isChanged: boolean
}
export type Outcome = Seen & { trouble: Trouble; done: boolean }

const RESTING = ['running', 'stopped', 'failed', 'stuck']
const PATIENCE_MS = 60_000
/** After so long what was put off is asked for at once, and again after as long: one that only takes its time ends meanwhile. */
const LATE_MS = 8000

/** Waits until nothing happens to an app any more, and says how it is. What is stuck is tried again. */
export async function observe(real: Real, own: AppModel): Promise<Seen> {
  let late = Date.now() + LATE_MS
  const until = Date.now() + PATIENCE_MS
  while (Date.now() < until) {
    const app = await real.show(own.id)
    if (app === undefined || app.status === 'deleting')
      return { status: 'deleting', liveRelease: undefined, error: undefined, isChanged: true }
    if (app.status === 'stuck' || (app.isBusy && Date.now() > late && !(await isUnderWay(real, own)))) {
      late = Date.now() + LATE_MS
      await real.api('POST', `/api/deployments/${own.id}/retry`)
      await sleep(400)
    } else if (RESTING.includes(app.status) && !app.isBusy && !(await isUnsure(real, own))) {
      const releases = await real.releasesOf(own.id)
      const isChanged = releases.some((it) => !own.versions.has(it.release))
      await real.learn(own, releases)
      const { status, error, liveRelease } = app
      return { status, liveRelease: liveRelease ?? undefined, error, isChanged }
    }
    await sleep(60)
  }
  throw new Error(
    `it does not come to rest: ${JSON.stringify(await real.show(own.id))}\n${JSON.stringify(await real.ledgerOf(own.id))}`,
  )
}

/** Whether a deploy is being made right now: to ask again would only add another one. */
async function isUnderWay(real: Real, own: AppModel): Promise<boolean> {
  return (await real.releasesOf(own.id)).some((it) => it.status === 'running')
}

/** Whether something is still on its way: what a release needs only until it is live goes after that. */
async function isUnsure(real: Real, own: AppModel): Promise<boolean> {
  const entries = await real.ledgerOf(own.id)
  return entries.some(
    (it) => it.state === 'pending' || it.state === 'removing' || (it.step === 'check-out' && it.state !== 'removed'),
  )
}
