import { setTimeout as sleep } from 'node:timers/promises'
import { createWorld, type World } from '../support/world.ts'
import { type PrivateEngine, startEngine } from '../torture/engine.ts'
import { IMAGE } from './apps.ts'

/** A machine whose engine, nginx and Slipway are ours to end. */
export type Machine = {
  world: World
  engine: PrivateEngine
  /** What is being done to it, which has to be over before it goes. */
  blow: Promise<unknown>
  destroy(): Promise<void>
}

/** So long the unit of systemd waits until it starts Slipway again: RestartSec in scripts/slipway.service. */
const SLIPWAY_RESTART_MS = 2000

export async function createMachine(roundSeconds: number, engineOptions: string[]): Promise<Machine> {
  const engine = await startEngine([IMAGE], engineOptions)
  const world = await createWorld({
    engineSocket: engine.socket,
    env: {
      DOCKER_HOST: `unix://${engine.socket}`,
      SLIPWAY_RECONCILE_SECONDS: String(roundSeconds),
      SLIPWAY_BUILD_CONCURRENCY: '4',
    },
  }).catch(async (error: unknown) => {
    await engine.stop()
    throw error
  })
  const machine: Machine = {
    world,
    engine,
    blow: Promise.resolve(),
    async destroy() {
      await machine.blow
      await engine.begin()
      await world.destroy()
      await engine.stop()
    },
  }
  return machine
}

/** Starts Slipway as its unit does: after a moment, and again when it could not start. Answers how many tries it took. */
export async function startSlipway({ world }: Machine): Promise<number> {
  for (let tries = 1; ; tries++) {
    await sleep(SLIPWAY_RESTART_MS)
    try {
      await world.slipway.start()
      return tries
    } catch (error) {
      if (tries === 10) throw error
    }
  }
}
