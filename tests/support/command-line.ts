import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from './slipway.ts'

export const launcher = path.join(root, 'cli', 'slipway.js')

export type Ended = { code: number | null; stdout: string; stderr: string }
type Options = { input?: string; env?: Record<string, string> }

/** A command on its way. */
export type Running = {
  child: ChildProcess
  /** Both streams so far. */
  seen(): string
  untilSeen(text: string): Promise<void>
  ended: Promise<Ended>
}

/** A user at a shell, in a folder of their own, with a home of their own. */
export type CommandLine = {
  home: string
  configFile: string
  run(args: string[], options?: Options): Promise<Ended>
  start(args: string[], options?: Options): Running
  /** On a terminal of its own; what is typed goes to the child's stdin. */
  startOnTerminal(args: string[], options?: Options): Running
  destroy(): Promise<void>
}

export async function createCommandLine(): Promise<CommandLine> {
  const home = await mkdtemp(path.join(tmpdir(), 'slipway-cli-'))
  const base = { PATH: process.env.PATH ?? '', HOME: home, TERM: 'xterm' }
  const launch = (program: string, args: string[], { input, env }: Options = {}) => {
    const child = spawn(program, args, { cwd: home, env: { ...base, ...env } })
    if (input !== undefined) child.stdin.end(input)
    return watch(child)
  }
  const start = (args: string[], options?: Options) => launch(process.execPath, [launcher, ...args], options)
  return {
    home,
    configFile: path.join(home, '.config', 'slipway', 'config.json'),
    start,
    run: (args, options) => start(args, { input: '', ...options }).ended,
    startOnTerminal(args, options) {
      const line = [process.execPath, launcher, ...args].map((it) => `'${it}'`).join(' ')
      return launch('script', ['-qec', line, '/dev/null'], options)
    },
    destroy: () => rm(home, { recursive: true, force: true }),
  }
}

function watch(child: ChildProcess): Running {
  let [stdout, stderr] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return {
    child,
    seen: () => stdout + stderr,
    async untilSeen(text) {
      for (let attempt = 0; attempt < 1200; attempt++) {
        if ((stdout + stderr).includes(text)) return
        if (child.exitCode !== null) break
        await sleep(25)
      }
      throw new Error(`“${text}” does not come:\n${stdout}\n${stderr}`)
    },
    ended: once(child, 'close').then(([code]) => ({ code, stdout, stderr })),
  }
}
