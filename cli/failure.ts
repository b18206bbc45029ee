/** How the command ends. 69 is EX_UNAVAILABLE of sysexits.h. */
export const EXIT = { good: 0, refused: 1, wrongUsage: 2, unreachable: 69, interrupted: 130 } as const
type Exit = (typeof EXIT)[keyof typeof EXIT]

type Options = { hint?: string | undefined; exit?: Exit; status?: number; detail?: object }

/** Why the command ends without having done what was asked. The message says what to do next, or `hint` does. */
export class Failure extends Error {
  readonly code: string
  readonly hint: string | undefined
  readonly exit: Exit
  /** Of the HTTP reply; 0 where there was none. */
  readonly status: number
  /** What else a program may want to know of it. */
  readonly detail: object

  constructor(code: string, message: string, { hint, exit = EXIT.refused, status = 0, detail = {} }: Options = {}) {
    super(message)
    this.name = 'Failure'
    this.code = code
    this.hint = hint
    this.exit = exit
    this.status = status
    this.detail = detail
  }

  toJSON(): object {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint !== undefined && { hint: this.hint }),
      ...this.detail,
    }
  }
}

/** What was typed cannot be meant. */
export const wrongUsage = (message: string, hint?: string) =>
  new Failure('wrong_usage', message, { hint, exit: EXIT.wrongUsage })

/** The error as a Failure; one that nobody expected keeps its message. */
export const asFailure = (error: unknown): Failure =>
  error instanceof Failure
    ? error
    : new Failure('internal', `Something unexpected happened: ${error instanceof Error ? error.message : error}`)
