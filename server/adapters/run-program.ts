import { type ChildProcess, execFile, spawn } from 'node:child_process'

/** The outcome of a program that ran to its end. Output is cut at 1 MiB a stream. */
export type ProgramResult = { code: number; stdout: string; stderr: string }

export type ProgramOptions = {
  cwd?: string
  /** The whole environment of the program. Default: only PATH, so that nothing of ours leaks into it. */
  env?: Record<string, string>
  /** Milliseconds until the program is killed. Default: 30 000. */
  timeoutMs?: number
  signal?: AbortSignal
}

const cleanEnvironment = () => ({
  PATH: process.env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
})

/**
 * Runs a program with an argument array, never through a shell, and waits for it.
 * A non-zero exit is a result, not an error. Rejects when the program cannot be started (`ENOENT`), is killed
 * by the time limit, or is aborted.
 */
export function runProgram(file: string, args: string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    execFile(
      file,
      args,
      {
        env: options.env ?? cleanEnvironment(),
        timeout: options.timeoutMs ?? 30_000,
        killSignal: 'SIGKILL',
        maxBuffer: 1024 * 1024,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ code: 0, stdout, stderr })
        if (typeof error.code === 'number') return resolve({ code: error.code, stdout, stderr })
        reject(error)
      },
    )
  })
}

/**
 * Starts a long-running program with an argument array. Its output goes to `onLine`, one line at a time.
 * The caller owns the child: it watches `exit` and ends it.
 */
export function startProgram(
  file: string,
  args: string[],
  options: { env?: Record<string, string>; onLine: (line: string) => void },
): ChildProcess {
  const child = spawn(file, args, { env: options.env ?? cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > 65_536) rest = ''
      for (const line of lines) options.onLine(line)
    })
  }
  return child
}
