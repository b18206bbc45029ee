import path from 'node:path'
import { AppError } from '../errors.ts'
import { type ProgramResult, runProgram } from './run-program.ts'

/** What `nginx -t` says. `file` is the one nginx names, `conflicts` are host names that two servers claim. */
export type TestResult = { ok: boolean; message: string; file?: string; conflicts: string[] }

/**
 * Runs nginx with arguments. On Debian it lies in /usr/sbin, which an ordinary user's PATH lacks.
 * @throws AppError nginx_missing; nginx_unreachable when it does not end
 */
export async function runNginx(bin: string, args: string[]): Promise<ProgramResult> {
  const env = { PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin` }
  try {
    // nginx stays in the folder it is started from, and a checkout may be moved away under it
    return await runProgram(bin.includes('/') ? path.resolve(bin) : bin, args, { env, cwd: '/' })
  } catch (error) {
    throw explain(error, bin, args)
  }
}

function explain(error: unknown, bin: string, args: string[]): unknown {
  if (!(error instanceof Error)) return error
  if ('killed' in error && error.killed === true) {
    const message = `nginx ${args.join(' ')} did not end in time and was stopped; look at the load of the machine, then try again`
    return new AppError('nginx_unreachable', message, { cause: error })
  }
  if (!('code' in error && (error.code === 'ENOENT' || error.code === 'EACCES'))) return error
  const message = `nginx was not found as “${bin}”; install it (apt-get install nginx-light) or set SLIPWAY_NGINX_BIN`
  return new AppError('nginx_missing', message, { cause: error })
}

/** `nginx -t`. A duplicate server name is only a warning to nginx, so it is read out of the output. */
export async function testConfiguration(bin: string, args: string[]): Promise<TestResult> {
  const { code, stderr } = await runNginx(bin, ['-t', ...args])
  return readTestOutput(code === 0, stderr)
}

/** Pure: nginx's own words on stderr, taken apart. */
export function readTestOutput(ok: boolean, output: string): TestResult {
  const conflicts = [...output.matchAll(/conflicting server name "([^"]+)"/g)].map((match) => match[1] ?? '')
  const line = output.split('\n').find((text) => text.includes('[emerg]')) ?? (ok ? '' : output.trim())
  const message = line.replace(/^.*\[emerg\]\s*(\d+#\d+:\s*)?/, '').slice(0, 500)
  const file = / in (\/.+):\d+$/.exec(line.trim())?.[1]
  return { ok, message, conflicts: [...new Set(conflicts)], ...(file !== undefined && { file }) }
}
