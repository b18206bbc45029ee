import { setTimeout as sleep } from 'node:timers/promises'
import { type AppModel, type Model, textOf } from './model.ts'
import type { Real } from './real.ts'

/**
 * Asks for a live app all the time. Each answer has to be that of the version which was live, until the next one is; one
 * that is stopped or deleted meanwhile is not asked after that.
 */
export function visit(real: Real, app: string, { live, stopped }: AppModel) {
  const answers: { status: number; text: string }[] = []
  let isOver = live === undefined || stopped
  const before = live && textOf(live.version)
  const loop = (async () => {
    while (!isOver) {
      answers.push(
        await real.machine.world.ask(`${app}.example.com`).then(
          ({ status, text }) => ({ status, text }),
          (error) => ({ status: 0, text: String(error) }),
        ),
      )
      await sleep(40)
    }
  })()
  return {
    end: () => {
      isOver = true
    },
    /** Ends, and looks at what they met. */
    async stop(model: Model) {
      isOver = true
      await loop
      const now = model.apps.get(app)
      // What was taken away on purpose may say so.
      if (before === undefined || !now || now.stopped) return
      const allowed = new Set([before, ...[...now.versions.values()].map(textOf)])
      const wrong = answers.filter((it) => it.status !== 200 || !allowed.has(it.text))
      if (wrong.length > 0)
        throw new Error(
          `visitors of ${app} met ${JSON.stringify(wrong.slice(0, 3))} (${wrong.length} of ${answers.length})`,
        )
    },
  }
}
