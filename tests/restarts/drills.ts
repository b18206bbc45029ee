import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, killNginx } from '../torture/machine.ts'
import { type Machine, startSlipway } from './machine.ts'
import { cutPower } from './power-cut.ts'

/** `strike` ends something and, where systemd would, starts it again. It answers what there is to be noted. */
export type Drill = { name: string; strike(machine: Machine): Promise<string | undefined> }

/** So long systemd waits for the engine (docker.service, its default) and for containerd (containerd.service). */
const ENGINE_RESTART_MS = 100
const CONTAINERD_RESTART_MS = 5000

async function restartEngine({ engine }: Machine, afterMs: number): Promise<undefined> {
  await sleep(afterMs)
  await engine.begin()
}

const noteTries = (tries: number) => (tries > 1 ? `Slipway had to be started ${tries} times` : undefined)

export const drills: Drill[] = [
  {
    name: 'engine stopped and started',
    async strike(machine) {
      await machine.engine.end('SIGTERM', 'engine')
      return restartEngine(machine, 0)
    },
  },
  {
    name: 'engine kill -9',
    async strike(machine) {
      await machine.engine.end('SIGKILL', 'engine')
      return restartEngine(machine, ENGINE_RESTART_MS)
    },
  },
  {
    name: 'containerd kill -9',
    async strike(machine) {
      await machine.engine.end('SIGKILL', 'containerd')
      return restartEngine(machine, CONTAINERD_RESTART_MS)
    },
  },
  {
    name: 'engine and containerd kill -9',
    async strike(machine) {
      await machine.engine.end('SIGKILL', 'engine and containerd')
      return restartEngine(machine, CONTAINERD_RESTART_MS)
    },
  },
  {
    name: 'nginx stopped',
    async strike({ world: { slipway } }) {
      const pid = Number(await readFile(path.join(slipway.dataDir, 'nginx', 'nginx.pid'), 'utf8'))
      process.kill(pid, 'SIGTERM')
      while (isAlive(pid)) await sleep(10)
      return undefined
    },
  },
  {
    name: 'nginx kill -9, master and workers',
    async strike({ world }) {
      await killNginx(world)
      return undefined
    },
  },
  {
    name: 'Slipway stopped and started',
    async strike(machine) {
      await machine.world.slipway.terminate()
      return noteTries(await startSlipway(machine))
    },
  },
  {
    name: 'Slipway kill -9',
    async strike(machine) {
      await machine.world.slipway.kill()
      return noteTries(await startSlipway(machine))
    },
  },
  {
    name: 'all three kill -9',
    async strike(machine) {
      const { engine, world } = machine
      await Promise.all([engine.end('SIGKILL', 'engine'), killNginx(world), world.slipway.kill()])
      const [tries] = await Promise.all([startSlipway(machine), restartEngine(machine, ENGINE_RESTART_MS)])
      return noteTries(tries)
    },
  },
  {
    name: 'power cut',
    async strike(machine) {
      await cutPower(machine)
      const [tries] = await Promise.all([startSlipway(machine), restartEngine(machine, 0)])
      return noteTries(tries)
    },
  },
]
