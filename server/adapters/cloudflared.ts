import type { ChildProcess } from 'node:child_process'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLock } from './cloudflare-retry.ts'
import { runProgram, startProgram } from './run-program.ts'

export type CloudflaredOptions = {
  bin: string
  /** Holds the tunnel's secret, mode 0600, while cloudflared runs: an argument would be readable in the process list. */
  tokenFile: string
  /** On loopback: `/ready`, `/metrics` and `/config` of cloudflared. */
  metricsPort: number
  log: (message: string) => void
  /** Tests shorten these. Milliseconds. */
  timings?: Partial<Timings>
}

type Timings = {
  /** Before the first restart; doubles each time, up to `longestRestartMs`. A run of a minute resets it. */
  restartMs: number
  longestRestartMs: number
  /** Between looks at a cloudflared that somebody else runs on our metrics port. */
  watchMs: number
  /** From SIGTERM to SIGKILL. cloudflared itself waits up to 30 s for open requests. */
  stopMs: number
}

const defaultTimings: Timings = { restartMs: 1000, longestRestartMs: 30_000, watchMs: 5000, stopMs: 35_000 }
const STEADY_MS = 60_000

export type Cloudflared = {
  /**
   * Writes the token file and runs cloudflared until `stop`, again whenever it ends. Answers once that is under way, not
   * when the tunnel is connected: that is `ready`. Does nothing but a log line when cloudflared is not installed.
   * When one answers on the metrics port already (systemd's, or one that outlived a crash of ours), it is left to work
   * and ours starts when it is gone. Started again with another token, it restarts with that one.
   */
  start(token: string): Promise<void>
  /** SIGTERM, then SIGKILL, and the token file is gone. Succeeds when nothing runs. */
  stop(): Promise<void>
  /** Whether a cloudflared on the metrics port has at least one connection to Cloudflare. */
  ready(): Promise<boolean>
  installed(): Promise<boolean>
}

type Run = { token: string; ended: AbortController; child: ChildProcess | undefined; done: Promise<void> }

/** The connector of the tunnel, as a child process. */
export function createCloudflared(options: CloudflaredOptions): Cloudflared {
  const { bin, tokenFile, metricsPort, log } = options
  const timings = { ...defaultTimings, ...options.timings }
  const lock = createLock()
  let run: Run | undefined

  async function installed(): Promise<boolean> {
    try {
      return (await runProgram(bin, ['--version'])).code === 0
    } catch (error) {
      if (['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
      throw error
    }
  }

  /** The status of `/ready`; undefined when nothing listens. 503 means that it runs and is not connected. */
  async function readyStatus(): Promise<number | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${metricsPort}/ready`, { signal: AbortSignal.timeout(2000) })
      await response.body?.cancel()
      return response.status
    } catch (error) {
      if (error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError'))
        return undefined
      throw error
    }
  }

  function launch(current: Run): Promise<string> {
    const metrics = `127.0.0.1:${metricsPort}`
    const args = ['tunnel', '--no-autoupdate', '--metrics', metrics, 'run', '--token-file', tokenFile]
    const child = startProgram(bin, args, { onLine: (line) => log(`cloudflared: ${line}`) })
    current.child = child
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`))
    })
  }

  async function supervise(current: Run): Promise<void> {
    const { signal } = current.ended
    let pause = timings.restartMs
    let watched = false
    while (!signal.aborted) {
      if ((await readyStatus()) !== undefined) {
        if (!watched) log(`A cloudflared answers on port ${metricsPort} already; Slipway leaves it to work`)
        watched = true
        await pauseFor(timings.watchMs, signal)
        continue
      }
      watched = false
      if (signal.aborted) return
      const startedAt = performance.now()
      const reason = await launch(current)
      current.child = undefined
      if (signal.aborted) return
      if (performance.now() - startedAt > STEADY_MS) pause = timings.restartMs
      log(`cloudflared ended (${reason}); it is started again in ${pause} ms`)
      await pauseFor(pause, signal)
      pause = Math.min(pause * 2, timings.longestRestartMs)
    }
  }

  async function stop(): Promise<void> {
    const current = run
    run = undefined
    if (current === undefined) return
    current.ended.abort()
    current.child?.kill('SIGTERM')
    const force = setTimeout(() => current.child?.kill('SIGKILL'), timings.stopMs)
    await current.done
    clearTimeout(force)
    await rm(tokenFile, { force: true })
  }

  async function start(token: string): Promise<void> {
    if (run?.token === token) return
    await stop()
    if (!(await installed())) {
      log(`${bin} is not installed: apps are not reachable through the tunnel until a cloudflared runs for it`)
      return
    }
    await writeSecret(tokenFile, token)
    const current: Run = { token, ended: new AbortController(), child: undefined, done: Promise.resolve() }
    run = current
    current.done = supervise(current).catch((error) => log(`cloudflared is not watched any more: ${error}`))
  }

  return {
    installed,
    ready: async () => (await readyStatus()) === 200,
    start: (token) => lock(() => start(token)),
    stop: () => lock(stop),
  }
}

/** Never readable by others, not even for a moment, and never half-written. */
async function writeSecret(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  const beside = `${file}.new`
  await rm(beside, { force: true })
  const handle = await open(beside, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(beside, file)
}

async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error) => {
    if (!signal.aborted) throw error
  })
}
