import type { Command } from 'commander'
import { chooseServer } from './choose-server.ts'
import type { Client } from './client.ts'
import { renderJson } from './render.ts'
import { readStored } from './stored.ts'
import type { Terminal } from './terminal.ts'

/** What the program works with. */
export type Surroundings = { env: NodeJS.ProcessEnv; terminal: Terminal }

/** What one command works with. */
export type Context = Surroundings & {
  isJson: boolean
  isInsecure: boolean
  /** The Slipway of the login or the environment. @throws Failure not_logged_in */
  connect(): Promise<Client>
  /** Prints the command's answer: with --json the value, else the lines. */
  show(value: unknown, lines: () => string[]): void
  /** Says something besides the answer; a program does not hear it. */
  note(text: string): void
}

/** @param command its global options say how to answer */
export function contextOf({ env, terminal }: Surroundings, command: Command): Context {
  const { json: isJson = false, insecure: isInsecure = false } = command.optsWithGlobals<{
    json?: boolean
    insecure?: boolean
  }>()
  return {
    env,
    terminal,
    isJson,
    isInsecure,
    connect: async () => chooseServer(env, await readStored(env), isInsecure),
    show: (value, lines) => terminal.print(isJson ? renderJson(value, 2) : lines().join('\n')),
    note: (text) => {
      if (!isJson) terminal.note(text)
    },
  }
}
