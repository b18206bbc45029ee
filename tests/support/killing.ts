import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { root } from './slipway.ts'
import type { World } from './world.ts'

/** What a world's server is started with, so that it can be killed at any moment of any step. */
export const KILLABLE = ['--import', path.join(root, 'tests', 'support', 'interfere.ts')]

/** `moment` such as "apply build-image before": see interfere.ts. */
export function createKilling({ slipway }: World) {
  const interference = path.join(slipway.dataDir, 'interfere')
  return {
    killAt: (moment: string) => writeFileSync(interference, `kill ${moment}`),

    /** Waits for the crash and starts the server anew. A moment that never comes fails the test. */
    async comeBack(): Promise<void> {
      const crash = slipway.ended().then(() => 'crashed')
      expect(await Promise.race([crash, sleep(30_000, 'still running')])).toBe('crashed')
      rmSync(interference, { force: true })
      await slipway.start()
    },

    /** Nothing is orphaned and nothing drifted: the doctor has nothing to say. */
    async expectCalm(): Promise<void> {
      expect((await slipway.api('GET', '/api/doctor')).body.findings).toEqual([])
    },
  }
}
