import { AsyncLocalStorage } from 'node:async_hooks'
import childProcess from 'node:child_process'
import fs from 'node:fs/promises'
import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { pipeline } from '../../server/deploy/pipeline.ts'
import type { Step } from '../../server/deploy/step.ts'

/**
 * Loaded into the server with --import: every call that leaves the process says which step of which app makes it. Calls to
 * Docker, Cloudflare and GitHub carry that in a header, for the proxies before them (fault-proxy.ts); before a call to a
 * program, the file system or the clock the test is asked (FAULTS_URL) what is to go wrong with it.
 */
type Mark = { way: string; step: string; app: string; clock: number; looks: number; hurry: boolean }

const marks = new AsyncLocalStorage<Mark>()
const control = process.env.FAULTS_URL ?? ''
const realFetch = globalThis.fetch
const realRequest = http.request
const RealDate = Date
const HOUR = 3_600_000

/** Nothing outside a step is made to fail. */
async function faultOf(adapter: string, kind: 'read' | 'write', what: string): Promise<string> {
  const mark = marks.getStore()
  if (!mark) return ''
  const query = new URLSearchParams({ way: mark.way, step: mark.step, app: mark.app, adapter, kind, what })
  return marks.exit(async () => (await realFetch(`${control}?${query}`)).text())
}

async function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

const textOf = ({ way, step, app }: Mark) => `${way} ${step} ${app}`

// Which step: the four things that it may be asked for.
for (const step of pipeline) {
  for (const way of ['check', 'apply', 'revert', 'inspect'] as const) {
    const real = step[way] as ((ctx: any, effect: any) => Promise<any>) | undefined
    if (!real) continue
    step[way] = ((ctx: any, effect: any) =>
      marks.run({ way, step: step.name, app: ctx.release.subdomain, clock: 0, looks: 0, hurry: false }, async () => {
        const fault = await faultOf('clock', 'read', way)
        const mark = marks.getStore()
        if (mark) {
          mark.clock = fault === 'jumps ahead' ? HOUR : fault === 'jumps back' ? -HOUR : 0
          mark.hurry = fault === 'hurries'
        }
        return real(ctx, effect)
      })) as Step['apply'] & Step['revert'] & Step['inspect']
  }
}

// The clock, as that step sees it: it is set once the step has looked at it.
function now(): number {
  const mark = marks.getStore()
  return RealDate.now() + (mark && mark.looks++ > 0 ? mark.clock : 0)
}
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args) => Reflect.construct(target, args.length === 0 ? [now()] : args),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
})

// What hangs is given up after seconds instead of a minute.
const patience = (ms: number) => (marks.getStore()?.hurry && ms >= 5000 ? Math.max(1500, ms / 100) : ms)
const realTimeout = globalThis.setTimeout
globalThis.setTimeout = Object.assign(
  (work: () => void, ms = 0, ...rest: unknown[]) => realTimeout(work, patience(ms), ...(rest as [])),
  realTimeout,
) as typeof setTimeout
const realSignal = AbortSignal.timeout
AbortSignal.timeout = (ms) => realSignal.call(AbortSignal, patience(ms))

// Docker; Cloudflare and GitHub.
http.request = ((options: any, ...rest: any[]) => {
  const mark = marks.getStore()
  if (mark && options?.socketPath) options.headers = { ...options.headers, 'x-step': textOf(mark) }
  return (realRequest as any)(options, ...rest)
}) as typeof http.request
globalThis.fetch = (input, init) => {
  const mark = marks.getStore()
  const headers = new Headers(init?.headers)
  if (mark) headers.set('x-step', textOf(mark))
  return realFetch(input, { ...init, headers })
}

// Programs: nginx. One that hangs is another that does.
const realExecFile = childProcess.execFile
childProcess.execFile = ((file: string, args: string[], options: any, done: any) => {
  const run = (again: any) => realExecFile(file, args, options, again)
  const failed = Object.assign(new Error('made to fail'), { code: 1 })
  void faultOf('nginx', 'write', args.join(' ')).then((fault) => {
    if (fault === 'fails') return done(failed, '', 'nginx: [emerg] made to fail')
    if (fault === 'hangs') return realExecFile('sleep', ['100'], { ...options, timeout: 2000 }, done)
    if (fault === 'lies') return run(() => done(failed, '', 'nginx: [emerg] made to fail'))
    if (fault === 'twice') return run(() => run(done))
    if (fault === 'dies') return run(die)
    return run(done)
  })
}) as unknown as typeof childProcess.execFile

// The file system, as far as the server itself writes and reads.
const noSpace = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
const broken = () => Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
const missing = () => Object.assign(new Error('ENOENT: no such file or directory'), { code: 'ENOENT' })

for (const name of ['writeFile', 'rename', 'mkdir', 'rm', 'readFile', 'readdir', 'stat', 'lstat'] as const) {
  const real = fs[name] as (...args: any[]) => Promise<any>
  const kind = name.startsWith('read') || name.endsWith('stat') ? 'read' : 'write'
  Object.assign(fs, {
    [name]: async (...args: any[]) => {
      const fault = await faultOf('file', kind, `${name} ${args[0]}`)
      if (fault === 'full') throw noSpace()
      if (fault === 'fails') throw broken()
      if (fault === 'stale') throw missing()
      if (fault === 'breaks off' && name === 'writeFile') {
        await real(args[0], String(args[1]).slice(0, String(args[1]).length / 2))
        throw noSpace()
      }
      const result = await real(...args)
      if (fault === 'lies' || fault === 'breaks off') throw broken()
      if (fault === 'dies') await die()
      return fault === 'twice' ? real(...args).catch(() => result) : result
    },
  })
}
syncBuiltinESMExports()
