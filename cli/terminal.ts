import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { EXIT, Failure } from './failure.ts'
import { render } from './render.ts'

/** What a command reads from and writes to. */
export type Terminal = {
  /** Whether somebody is there to answer a question. */
  isInteractive: boolean
  /** The answer of the command, on stdout. */
  print(text: string): void
  /** What is not its answer, on stderr: progress, remarks, questions, errors. */
  note(text: string): void
  ask(question: string): Promise<string>
  /** Shows nothing of what is typed. */
  askHidden(question: string): Promise<string>
  /** All of stdin. */
  readInput(): Promise<string>
}

type Streams = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env'>

/** NO_COLOR in the environment, with any text in it, means no colour (no-color.org). */
const takesColour = (stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv) =>
  stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'

export function createTerminal({ stdin, stdout, stderr, env }: Streams): Terminal {
  const writeTo = (stream: NodeJS.WriteStream) => {
    const isColoured = takesColour(stream, env)
    return (text: string) => void stream.write(`${render(text, isColoured)}\n`)
  }
  const [print, note] = [writeTo(stdout), writeTo(stderr)]

  async function question(asked: string, output: NodeJS.WritableStream): Promise<string> {
    const reader = createInterface({ input: stdin, output, terminal: true })
    try {
      const interrupted = once(reader, 'SIGINT').then(() => undefined)
      const closed = once(reader, 'close').then(() => undefined)
      const answer = await Promise.race([reader.question(asked), interrupted, closed])
      if (answer === undefined) throw new Failure('interrupted', 'Nothing was done.', { exit: EXIT.interrupted })
      return answer
    } finally {
      reader.close()
    }
  }

  return {
    isInteractive: stdin.isTTY === true && stderr.isTTY === true,
    print,
    note,
    ask: (asked) => question(asked, stderr),
    async askHidden(asked) {
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
      stderr.write(asked)
      const answer = await question('', nowhere)
      stderr.write('\n')
      return answer
    },
    readInput: () => text(stdin),
  }
}
