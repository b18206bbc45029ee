import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { OwnEngine } from './machine.ts'

const run = promisify(execFile)

/** What the apps of a sequence are built from. */
const IMAGES = ['debian:bookworm-slim']
const NEST = 'SLIPWAY_TORTURE_NEST'

/** Starts this program once more in a network of its own, where an engine of its own disturbs nobody. True when it is that. */
export async function enterNest(): Promise<boolean> {
  if (process.env[NEST] !== undefined) return true
  const again = ['sh', '-c', 'ip link set lo up && exec "$0" "$@"', process.execPath, ...process.argv.slice(1)]
  const child = spawn('unshare', ['--net', ...again], { stdio: 'inherit', env: { ...process.env, [NEST]: '1' } })
  const [code] = await once(child, 'exit')
  process.exitCode = code ?? 1
  return false
}

/** A Docker engine of our own, with the base images of the machine's. `stop` leaves nothing of it. */
export async function startEngine(): Promise<OwnEngine & { stop(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-engine-'))
  const at = (name: string) => path.join(folder, name)
  const socket = at('docker.sock')
  await mkdir(at('state'))
  const containerd = spawn(
    'containerd',
    ['--root', at('containerd'), '--state', at('state'), '--address', at('containerd.sock'), '--log-level', 'error'],
    { stdio: 'ignore' },
  )
  const start = () => launch(socket, folder)
  let dockerd = await start()
  for (const image of IMAGES) await copyImage(image, socket)
  return {
    socket,
    async restart() {
      await end(dockerd, 'SIGKILL')
      dockerd = await start()
    },
    async stop() {
      await end(dockerd, 'SIGTERM')
      await end(containerd, 'SIGTERM')
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}

async function launch(socket: string, folder: string): Promise<ChildProcess> {
  const at = (name: string) => path.join(folder, name)
  await rm(at('docker.pid'), { force: true })
  const child = spawn(
    'dockerd',
    [
      ...['--host', `unix://${socket}`, '--containerd', at('containerd.sock'), '--pidfile', at('docker.pid')],
      ...['--data-root', at('docker'), '--exec-root', at('exec'), '--cgroup-parent', `/slipway-torture-${process.pid}`],
    ],
    { stdio: 'ignore' },
  )
  for (let left = 600; left > 0; left--) {
    const answers = await run('docker', ['-H', `unix://${socket}`, 'version']).then(
      () => true,
      () => false,
    )
    if (answers) return child
    if (child.exitCode !== null) throw new Error(`dockerd ended with ${child.exitCode}`)
    await sleep(50)
  }
  throw new Error('dockerd does not answer')
}

async function copyImage(image: string, socket: string): Promise<void> {
  const from = spawn('docker', ['save', image], { stdio: ['ignore', 'pipe', 'inherit'] })
  const to = spawn('docker', ['-H', `unix://${socket}`, 'load'], { stdio: ['pipe', 'ignore', 'inherit'] })
  from.stdout.pipe(to.stdin)
  const [code] = await once(to, 'exit')
  if (code !== 0) throw new Error(`${image} could not be copied`)
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await once(child, 'exit')
}
