import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../errors.ts'
import type { StepContext } from '../context.ts'
import { promote } from '../promote.ts'
import { defineStep } from '../step.ts'

const ATTEMPTS = 20

/** A request through nginx by the host name reaches this release. From then on it is the live one. */
export const proveLive = defineStep({
  name: 'prove-live',
  phase: 'deploying',
  until: 'deployed',
  async apply(ctx) {
    if (ctx.nginx.mode !== 'off') await askThroughNginx(ctx)
    await promote(ctx)
    ctx.say(`Live: ${ctx.hostname}`, 'step')
  },
})

async function askThroughNginx({ hostname, nginx, release, signal }: StepContext): Promise<void> {
  const path = release.recipe?.healthPath ?? '/'
  let last = 'nothing answered'
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    signal.throwIfAborted()
    const answer = await nginx.ask(hostname, path, { timeoutMs: 5000, signal })
    if (answer.release === String(release.number) && answer.page === null) return
    last = answer.page
      ? `nginx shows the page “${answer.page}”`
      : `status ${answer.status} from ${answer.release ? `release ${answer.release}` : 'another vhost'}`
    await sleep(attempt * 10, undefined, { signal })
  }
  throw new AppError(
    'not_live',
    `The new release answers on its port, but through nginx ${last}. Look at the doctor, then deploy again.`,
  )
}
