import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export const root = path.join(import.meta.dirname, '..', '..')
const PASSWORD = 'correct horse battery'

export type Reply = { status: number; body: any; headers: Headers }

/** A Slipway server in a process of its own, on a data folder of its own. */
export type Slipway = {
  url: string
  dataDir: string
  instance: string
  httpPort: number
  token: string
  pid: () => number
  /** What the server has printed so far. */
  output: () => string
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
  /** Starts it (again). `env` is laid over that of the first start; `folder` has the sources of another version. */
  start(env?: Record<string, string>, folder?: string): Promise<void>
  /** Waits until the process has ended by itself (a crash). */
  ended(): Promise<void>
  kill(): Promise<void>
  /** Ends it as systemd would. */
  terminate(): Promise<number | null>
  /** What it is started with. */
  environment: Record<string, string>
  /** Ends server and nginx. */
  stopAll(): Promise<void>
  /** Ends server and nginx, and removes the data folder. */
  destroy(): Promise<void>
}

/** A port nobody holds at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/**
 * From the sources, with more arguments for node; or as it is started for real, built by `npm run build`. `within`: where
 * its data folder is made.
 */
export type Start = { nodeArgs?: string[]; built?: boolean; within?: string }

let count = 0
const ranges = new Set<number>()

/** Makes a server; it does not run yet. Instances of one test run never share a name. */
export async function createSlipway(
  env: Record<string, string> = {},
  { nodeArgs = [], built = false, within = tmpdir() }: Start = {},
): Promise<Slipway> {
  const dataDir = await mkdtemp(path.join(within, 'slipway-test-'))
  const [port, httpPort] = [await freePort(), await freePort()]
  count += 1
  const instance = `swtest${process.pid}x${count}${Math.random().toString(36).slice(2, 6)}`
  const url = `http://127.0.0.1:${port}`
  const base = {
    PATH: `${path.join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
    SLIPWAY_DATA_DIR: dataDir,
    SLIPWAY_PORT: String(port),
    SLIPWAY_HTTP_PORT: String(httpPort),
    SLIPWAY_PUBLIC_URL: url,
    SLIPWAY_INSTANCE: instance,
    SLIPWAY_ADMIN_PASSWORD: PASSWORD,
    SLIPWAY_PORT_RANGE: freeRange(),
    SLIPWAY_DRAIN_SECONDS: '2',
    SLIPWAY_START_TIMEOUT_SECONDS: '20',
    SLIPWAY_MIN_FREE_DISK_MB: '100',
    // The firewall belongs to the machine; those who test the rules ask for them.
    SLIPWAY_METADATA_WALL: 'off',
    // Limits on builds take root, which who runs the tests need not be.
    ...(process.getuid?.() !== 0 && { SLIPWAY_BUILD_GUARD: 'off' }),
    // Tests say when something is deployed.
    SLIPWAY_GITHUB_POLL_SECONDS: '0',
    ...env,
  }
  let child: ChildProcess | undefined
  let output = ''

  const slipway: Slipway = {
    url,
    dataDir,
    instance,
    httpPort,
    token: '',
    pid: () => child?.pid ?? 0,
    output: () => output,
    async api(method, address, body, headers = {}) {
      const response = await fetch(`${url}${address}`, {
        method,
        headers: {
          ...(slipway.token !== '' && { authorization: `Bearer ${slipway.token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.includes('json')
      return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers }
    },
    async start(more = {}, folder = root) {
      const [program, args] = built
        ? [path.join(folder, 'scripts', 'start'), []]
        : [process.execPath, [...nodeArgs, path.join(folder, 'server', 'main.ts')]]
      const running = spawn(program, args, {
        env: { ...base, ...more },
        cwd: folder,
      })
      child = running
      for (const stream of [running.stdout, running.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output = (output + text).slice(-500_000)
        })
      }
      await untilListening(running, url, () => output)
      if (slipway.token !== '') return
      const login = await slipway.api('POST', '/api/auth/login', {
        username: 'admin',
        password: base.SLIPWAY_ADMIN_PASSWORD,
      })
      slipway.token = login.body.token
    },
    async ended() {
      while (child && child.exitCode === null && child.signalCode === null) await sleep(10)
    },
    async kill() {
      child?.kill('SIGKILL')
      await slipway.ended()
    },
    async terminate() {
      child?.kill('SIGTERM')
      await slipway.ended()
      return child?.exitCode ?? null
    },
    environment: base,
    async stopAll() {
      await slipway.kill()
      await stopNginx(dataDir)
    },
    async destroy() {
      await slipway.stopAll()
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  return slipway
}

async function untilListening(child: ChildProcess, url: string, output: () => string): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`Slipway ended (${child.exitCode ?? child.signalCode}):\n${output()}`)
    const answers = await fetch(`${url}/api/auth/verify`).then(
      () => true,
      () => false,
    )
    if (answers) return
    await sleep(25)
  }
  throw new Error(`Slipway does not listen:\n${output()}`)
}

/** Ranges of different servers do not touch, so that one test's port is not another's "held by a process outside". */
function freeRange(): string {
  const range = Math.floor(Math.random() * 200)
  if (ranges.has(range) && ranges.size < 200) return freeRange()
  ranges.add(range)
  return `${20_000 + range * 50}-${20_049 + range * 50}`
}

async function stopNginx(dataDir: string): Promise<void> {
  const pid = await readFile(path.join(dataDir, 'nginx', 'nginx.pid'), 'utf8').catch(() => '')
  if (pid.trim() === '') return
  try {
    process.kill(Number(pid), 'SIGTERM')
    for (let attempt = 0; attempt < 100; attempt++) {
      process.kill(Number(pid), 0)
      await sleep(20)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
