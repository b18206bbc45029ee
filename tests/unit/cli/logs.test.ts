import { expect, test } from 'vitest'
import type { Client } from '../../../cli/client.ts'
import { type LogsOptions, logs } from '../../../cli/commands/logs.ts'
import type { Context } from '../../../cli/context.ts'
import { Failure } from '../../../cli/failure.ts'

const restarting = new Failure('not_slipway', 'Slipway is down behind it (HTTP 502).', { exit: 69 })
const deleted = new Failure('not_found', 'There is no such deployment.')

/** The numbers of lines, `from` to `to`. */
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

/** Answers each request with the lines of these numbers that come after the one asked for, or fails. */
async function read(answers: (number[] | Failure)[], options: LogsOptions, isJson = false) {
  const [printed, notes]: string[][] = [[], []]
  const client = {
    url: 'http://127.0.0.1',
    async request(_method: string, path: string, { query = {} }: { query?: any } = {}) {
      if (path === '/api/deployments') return { deployments: [{ id: 'id', subdomain: 'shop' }] }
      const answer = answers.shift() ?? deleted
      if (answer instanceof Failure) throw answer
      const lines = answer.filter((it) => it > query.after).map((seq) => ({ seq, text: `line ${seq}` }))
      return { lines, next: lines.at(-1)?.seq ?? query.after }
    },
  } as Client
  const context = {
    isJson,
    connect: async () => client,
    terminal: { print: (text: string) => void printed?.push(text) },
    note: (text: string) => void notes?.push(text),
  } as unknown as Context
  const error = await logs(context, 'shop', options).catch((it) => it)
  return { printed, notes, error }
}

test('following a log goes on when Slipway comes back, and shows no line twice', async () => {
  const { printed, notes, error } = await read([[1, 2], restarting, restarting, [1, 2, 3], deleted], { follow: true })
  expect(printed).toEqual(['line 1', 'line 2', 'line 3'])
  expect(notes).toEqual([expect.stringContaining('does not answer at the moment')])
  expect(error).toBe(deleted)
})

test('of a long log nothing is lost when Slipway goes away in the middle of it', async () => {
  const all = range(1, 1500)
  const first = all.slice(0, 1000)
  const { printed, error } = await read([first, restarting, first, all, deleted], { follow: true, build: true })
  expect(printed).toEqual(all.map((it) => `line ${it}`))
  expect(error).toBe(deleted)
})

test('who does not follow is told at once', async () => {
  const { printed, notes, error } = await read([restarting, [1]], {})
  expect({ printed, notes, error }).toEqual({ printed: [], notes: [], error: restarting })
})

test('of what an app printed long ago is said that it is not shown; a build is shown whole', async () => {
  const all = range(1, 1000)
  expect((await read([all], {})).notes).toEqual(['Its last 1000 lines; earlier ones are not shown.'])
  expect((await read([range(1, 999)], {})).notes).toEqual([])
  expect((await read([all, all], { build: true })).notes).toEqual([])
})

test('for programs each line is a document on a line of its own', async () => {
  const { printed } = await read([[1, 2]], {}, true)
  expect(printed?.map((it) => JSON.parse(it))).toEqual([
    { seq: 1, text: 'line 1' },
    { seq: 2, text: 'line 2' },
  ])
})
