import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Client } from '../../../cli/client.ts'
import { confirm, download, list, make, remove } from '../../../cli/commands/backup.ts'
import type { Context } from '../../../cli/context.ts'
import { makeFolder } from '../../support/temp-folder.ts'

const made = (id: string, more: object = {}) => ({
  id,
  name: `${id}.tar.gz.age`,
  state: 'succeeded',
  place: `/mnt/${id}.tar.gz.age`,
  size: 2 ** 20,
  message: null,
  startedAt: '2026-01-01T00:00:00.000Z',
  ...more,
})

type World = { backups: object[]; restored?: object | null; answer?: string; breaksOff?: boolean }

/** Does it as somebody who answers so; tells what was printed, and what Slipway was asked for besides looks. */
async function run(
  command: (context: Context) => Promise<void>,
  { backups, restored = null, answer = 'n', breaksOff = false }: World,
) {
  const [lines, changes]: [string[], string[]] = [[], []]
  const client = {
    async request(method: string, path: string) {
      if (method !== 'GET') changes.push(`${method} ${path}`)
      return { backups, isSetUp: true, nextAt: null, restored, backup: backups[0] }
    },
    async download() {
      return (async function* () {
        yield Buffer.from('the ')
        if (breaksOff) throw new Error('broken off')
        yield Buffer.from('file')
      })()
    },
  } as unknown as Client
  const context = {
    connect: async () => client,
    terminal: { isInteractive: true, ask: async () => answer },
    show: (_: unknown, text: () => string[]) => void lines.push(...text()),
  } as unknown as Context
  const error = await command(context).catch((it) => it)
  return { text: lines.join('\n'), changes, error }
}

test('the list says what there is, what failed and why, and that a restore is to be confirmed', async () => {
  const backups = [
    made('aaaaaaaa-1', { state: 'failed', size: null, message: 'The disk is full.' }),
    made('bbbbbbbb-2'),
  ]
  const { text } = await run(list, { backups, restored: { at: '', madeAt: '', name: '' } })
  expect(text).toMatch(/slipway backup confirm/)
  expect(text).toMatch(/aaaaaaaa\s.*failed.*The disk is full\./)
  expect(text).toMatch(/bbbbbbbb\s.*succeeded.*1\.0 MiB.*\/mnt\/bbbbbbbb-2/)
})

test('one that is waited for and fails ends with the reason', async () => {
  const backups = [made('a', { state: 'failed', message: 'The disk is full.' })]
  const { changes, error } = await run((it) => make({ ...it, note: () => undefined }, { wait: true }), { backups })
  expect(changes).toEqual(['POST /api/backups'])
  expect(error).toMatchObject({ code: 'backup_failed', message: 'The disk is full.' })
})

test('the newest whole one is fetched, and half of one leaves nothing', async () => {
  const folder = makeFolder()
  const backups = [made('a', { state: 'failed' }), made('b'), made('c')]
  const fetch = (context: Context) => download(context, 'latest', { output: path.join(folder, 'here') })
  expect((await run(fetch, { backups, breaksOff: true })).error).toMatchObject({ message: 'broken off' })
  expect(readdirSync(folder)).toEqual([])
  await run(fetch, { backups })
  expect(readdirSync(folder)).toEqual(['here'])
  expect(readFileSync(path.join(folder, 'here'), 'utf8')).toBe('the file')
})

test('it is written here, wherever the name that the server says leads', async () => {
  const folder = makeFolder()
  const before = process.cwd()
  process.chdir(folder)
  try {
    await run((it) => download(it, 'a', {}), { backups: [made('a', { name: '../elsewhere' })] })
  } finally {
    process.chdir(before)
  }
  expect(readdirSync(folder)).toEqual(['elsewhere'])
})

test('only a yes deletes one, and of several that are meant none', async () => {
  const backups = [made('abc1'), made('abc2')]
  const without = await run((it) => remove(it, 'abc1', {}), { backups })
  expect(without).toMatchObject({ changes: [], error: { message: 'abc1.tar.gz.age was not deleted.' } })
  expect((await run((it) => remove(it, 'abc1', {}), { backups, answer: 'yes' })).changes).toEqual([
    'DELETE /api/backups/abc1',
  ])
  const several = await run((it) => remove(it, 'abc', { yes: true }), { backups })
  expect(several).toMatchObject({ changes: [], error: { message: 'More than one backup begins with abc.' } })
  expect((await run((it) => remove(it, 'x', { yes: true }), { backups })).error).toMatchObject({ code: 'not_found' })
})

test('a restore is confirmed', async () => {
  expect((await run(confirm, { backups: [] })).changes).toEqual(['POST /api/restored/confirm'])
})
