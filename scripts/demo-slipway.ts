import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, openSync, readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseEnv } from 'node:util'

const root = path.join(import.meta.dirname, '..')

export type Slipway = {
  url: string
  httpPort: number
  password: string
  dataDir: string
  /** Asks the API as the admin. @throws with the API's own words when it refuses. */
  call<T>(method: string, path: string, body?: object): Promise<T>
  /** Ends the server, then the nginx that it leaves running for its apps. */
  stop(): Promise<void>
}

type Options = { folder: string; instance: string; gitUrl: string; port?: number; httpPort?: number }

/** Starts the server as a process of its own on a data folder of its own. @throws with the end of its log. */
export async function startSlipway(options: Options): Promise<Slipway> {
  const port = options.port ?? (await findFreePort())
  const httpPort = options.httpPort ?? (await findFreePort())
  const dataDir = path.join(options.folder, 'data')
  const log = path.join(options.folder, 'server.log')
  const password = randomBytes(12).toString('hex')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const output = openSync(log, 'a', 0o600)
  // in a process group of its own, so that Ctrl-C reaches only this script, which then ends things in order
  const server = spawn('scripts/start', [], {
    cwd: root,
    detached: true,
    stdio: ['ignore', output, output],
    env: {
      ...withoutSettings(),
      SLIPWAY_DATA_DIR: dataDir,
      SLIPWAY_PORT: String(port),
      SLIPWAY_HTTP_PORT: String(httpPort),
      SLIPWAY_PUBLIC_URL: `http://127.0.0.1:${port}`,
      SLIPWAY_PORT_RANGE: pickRange(),
      SLIPWAY_INSTANCE: options.instance,
      // Limits on builds take root, which who runs the demo need not be.
      ...(process.getuid?.() !== 0 && { SLIPWAY_BUILD_GUARD: 'off' }),
      SLIPWAY_GITHUB_URL: options.gitUrl,
      SLIPWAY_ADMIN_PASSWORD: password,
    },
  })
  const url = `http://127.0.0.1:${port}`
  const stop = () => end(server, path.join(dataDir, 'nginx'))
  try {
    await untilHealthy(url, server)
    const call = createCaller(url, await login(url, password))
    return { url, httpPort, password, dataDir, call, stop }
  } catch (error) {
    await stop()
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-15).join('\n')
    throw new Error(`Slipway did not start. The end of its log:\n${lines}`, { cause: error })
  }
}

/** A demonstration must not reach the Cloudflare account or the GitHub token that stand in `.env`: empty means unset. */
function withoutSettings(): NodeJS.ProcessEnv {
  const file = path.join(root, '.env')
  const names = [
    ...Object.keys(existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}),
    ...Object.keys(process.env),
  ]
  const ours = names.filter((name) => /^(SLIPWAY|CLOUDFLARE)_/.test(name))
  return { ...process.env, ...Object.fromEntries(ours.map((name) => [name, ''])) }
}

export async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('The machine has no free port')
  return address.port
}

/** Away from the range of a Slipway in use, and below the ports that the kernel hands out (32768 and up). */
function pickRange(): string {
  const from = 20_000 + 50 * Math.floor(Math.random() * 200)
  return `${from}-${from + 49}`
}

async function untilHealthy(url: string, server: ChildProcess): Promise<void> {
  let last = 'no answer'
  const deadline = Date.now() + 30_000
  while (Date.now() < deadline) {
    if (server.exitCode !== null) throw new Error(`the server ended with code ${server.exitCode}`)
    const reply = await fetch(`${url}/health`).catch(() => undefined)
    if (reply?.ok) return
    if (reply) last = await reply.text()
    await sleep(50)
  }
  throw new Error(`not healthy after 30 s: ${last}`)
}

async function login(url: string, password: string): Promise<string> {
  const reply = await createCaller(url)<{ token: string }>('POST', '/api/auth/login', { username: 'admin', password })
  return reply.token
}

function createCaller(url: string, token?: string): Slipway['call'] {
  return async <T>(method: string, where: string, body?: object) => {
    const reply = await fetch(url + where, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await reply.text()
    if (!reply.ok) throw new Error(`${method} ${where} answered ${reply.status}: ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
}

/** A visitor's request: to nginx's port, with the app's host name. */
export function visit(httpPort: number, host: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port: httpPort, headers: { host }, agent: false }, (reply) => {
      let text = ''
      reply.setEncoding('utf8')
      reply.on('data', (chunk: string) => {
        text += chunk
      })
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text: text.trim() }))
      reply.on('error', reject)
    })
    outgoing.on('error', reject).end()
  })
}

async function end(server: ChildProcess, nginxDir: string): Promise<void> {
  if (server.pid !== undefined && server.exitCode === null) {
    server.kill('SIGTERM')
    await untilGone(server.pid, 20_000)
  }
  const pidFile = path.join(nginxDir, 'nginx.pid')
  const nginx = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : Number.NaN
  if (Number.isInteger(nginx) && isRunning(nginx)) {
    process.kill(nginx, 'SIGTERM')
    await untilGone(nginx, 10_000)
  }
  // markers that nginx's workers may not look for in a private data folder are in one that its configuration names
  const conf = path.join(nginxDir, 'nginx.conf')
  const [markers] = existsSync(conf) ? (/\/run\/slipway-nginx-[\da-f]+/.exec(readFileSync(conf, 'utf8')) ?? []) : []
  if (markers !== undefined) await rm(markers, { recursive: true, force: true })
}

/** A process that has ended, but not been waited for, is still there to signal 0: it counts as gone. */
function isRunning(pid: number): boolean {
  const file = `/proc/${pid}/stat`
  return existsSync(file) && !/\) Z /.test(readFileSync(file, 'utf8'))
}

async function untilGone(pid: number, patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs
  while (isRunning(pid)) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL')
    await sleep(20)
  }
}
