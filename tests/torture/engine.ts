import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { glob, mkdir, mkdtemp, readFile, rm, rmdir } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { OwnEngine } from './machine.ts'

const run = promisify(execFile)

/** How long an engine may take to be there. */
const PATIENCE_MS = 60_000

/** What the apps of a sequence are built from. */
const IMAGES = ['debian:bookworm-slim']

/** An engine of our own that can be ended in every way an engine ends, and started again. */
export type PrivateEngine = OwnEngine & {
  /** Where all of it lies. */
  folder: string
  /** What its containers' cgroups lie below. */
  cgroup: string
  /** The engine, what keeps the containers (containerd), or both; `how` is the signal. */
  end(how: NodeJS.Signals, which: 'engine' | 'containerd' | 'engine and containerd'): Promise<void>
  /** Starts what does not run. Answers when the engine does. */
  begin(): Promise<void>
  /** Leaves nothing of it. */
  stop(): Promise<void>
}

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

/** A Docker engine of our own, with these images of the machine's. `options`: more arguments of dockerd. */
export async function startEngine(images: readonly string[] = IMAGES, options: string[] = []): Promise<PrivateEngine> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-engine-'))
  const socket = path.join(folder, 'docker.sock')
  const cgroup = `/slipway-torture-${process.pid}`
  let containerd = await launchContainerd(folder)
  let dockerd = await launch(socket, folder, [...options, '--cgroup-parent', cgroup])
  const engine: PrivateEngine = {
    socket,
    folder,
    cgroup,
    async end(how, which) {
      if (which !== 'containerd') await end(dockerd, how)
      if (which !== 'engine') await end(containerd, how)
    },
    async begin() {
      if (isOver(containerd)) containerd = await launchContainerd(folder)
      if (isOver(dockerd)) dockerd = await relaunch(socket, folder, [...options, '--cgroup-parent', cgroup])
    },
    async restart() {
      await engine.end('SIGKILL', 'engine')
      await engine.begin()
    },
    async stop() {
      await engine.end('SIGTERM', 'engine and containerd')
      await unmountAll(folder)
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
      await removeCgroups(cgroup)
    },
  }
  for (const image of images) await copyImage(image, socket)
  return engine
}

/** An engine that was killed leaves what it has mounted. */
export async function unmountAll(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '')
  for (const mount of mounts.filter((it) => it.startsWith(`${folder}/`)).reverse())
    await run('umount', ['--lazy', mount])
}

/** Of version 1 and of version 2. */
export const cgroupsOf = (cgroup: string) => Array.fromAsync(glob(`/sys/fs/cgroup/{,*/}${cgroup.slice(1)}{,/**/}`))

/** Empty ones, from the innermost on; one that is still in use is left to the next start of the machine. */
async function removeCgroups(cgroup: string): Promise<void> {
  for (const folder of (await cgroupsOf(cgroup)).sort().reverse())
    await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EBUSY' && error.code !== 'ENOENT') throw error
    })
}

async function launchContainerd(folder: string): Promise<ChildProcess> {
  const at = (name: string) => path.join(folder, name)
  await mkdir(at('state'), { recursive: true })
  await rm(at('containerd.sock'), { force: true })
  const child = spawn(
    'containerd',
    ['--root', at('containerd'), '--state', at('state'), '--address', at('containerd.sock'), '--log-level', 'error'],
    { stdio: 'ignore' },
  )
  // systemd, too, starts the engine only then.
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until && !existsSync(at('containerd.sock')); )
    await sleep(20)
  return child
}

/** An engine that gives up at its start, as one that was killed at a bad moment may, is started again by systemd as well. */
async function relaunch(...args: Parameters<typeof launch>): Promise<ChildProcess> {
  for (let left = 2; left > 0; left--) {
    try {
      return await launch(...args)
    } catch (error) {
      console.log(`the engine is started once more: ${error}`)
    }
  }
  return await launch(...args)
}

async function launch(socket: string, folder: string, options: string[]): Promise<ChildProcess> {
  const at = (name: string) => path.join(folder, name)
  await rm(at('docker.pid'), { force: true })
  const log = openSync(at('dockerd.log'), 'a')
  const child = spawn(
    'dockerd',
    [
      ...['--host', `unix://${socket}`, '--containerd', at('containerd.sock'), '--pidfile', at('docker.pid')],
      ...['--data-root', at('docker'), '--exec-root', at('exec'), ...options],
    ],
    { stdio: ['ignore', log, log] },
  )
  closeSync(log)
  const until = Date.now() + PATIENCE_MS
  while (Date.now() < until && !isOver(child)) {
    if (await answers(socket)) return child
    await sleep(50)
  }
  await end(child, 'SIGKILL')
  throw new Error(`dockerd does not answer:\n${(await readFile(at('dockerd.log'), 'utf8')).slice(-4000)}`)
}

/** Asked as cheaply as can be: it shares its cores with what is measured. */
const answers = (socket: string) =>
  new Promise<boolean>((resolve) => {
    const signal = AbortSignal.timeout(5000)
    request({ socketPath: socket, path: '/_ping', agent: false, signal }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
      .on('error', () => resolve(false))
      .end()
  })

async function copyImage(image: string, socket: string): Promise<void> {
  const from = spawn('docker', ['save', image], { stdio: ['ignore', 'pipe', 'inherit'] })
  const to = spawn('docker', ['-H', `unix://${socket}`, 'load'], { stdio: ['pipe', 'ignore', 'inherit'] })
  from.stdout.pipe(to.stdin)
  const [code] = await once(to, 'exit')
  if (code !== 0) throw new Error(`${image} could not be copied`)
}

const isOver = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (isOver(child)) return
  child.kill(signal)
  await once(child, 'exit')
}
