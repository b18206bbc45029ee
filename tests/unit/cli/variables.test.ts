import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Terminal } from '../../../cli/terminal.ts'
import { readPair, readVariables } from '../../../cli/variables.ts'
import { makeFolder } from '../../support/temp-folder.ts'

const typedIn = (text: string): Terminal => ({
  isInteractive: false,
  print: () => undefined,
  note: () => undefined,
  ask: async () => '',
  askHidden: async () => '',
  readInput: async () => text,
})
const here = { env: { TOKEN: 'from here', EMPTY: '' }, terminal: typedIn('A=1\nB="two\nlines"\n') }

test('a value is all behind the first =, also nothing', () => {
  expect(readPair('KEY=a=b', {}, false)).toEqual({ key: 'KEY', value: 'a=b', secret: false })
  expect(readPair('KEY=', {}, true)).toEqual({ key: 'KEY', value: '', secret: true })
})

test('a name alone takes the value that it has here, so that none is in the list of processes', () => {
  expect(readPair('TOKEN', here.env, true)).toEqual({ key: 'TOKEN', value: 'from here', secret: true })
  expect(readPair('EMPTY', here.env, false).value).toBe('')
  expect(() => readPair('OTHER', here.env, false)).toThrow(/OTHER has no value/)
})

test.each(['=x', '1A=hunter2', 'A B=hunter2', 'LD_PRELOAD=hunter2'])(
  '%s is no variable, and no value is shown',
  (typed) => {
    expect(() => readPair(typed, {}, false)).toThrow(expect.objectContaining({ code: 'wrong_usage' }))
    expect(() => readPair(typed, {}, false)).toThrow(/^(?!.*hunter2)/)
  },
)

test('files come first, and what was typed wins; secret files are secret', async () => {
  const file = path.join(makeFolder(), '.env')
  await writeFile(file, 'export A=file\nS=file # why\n')
  const all = await readVariables(here, { envFile: ['-'], secretFile: [file], env: ['B=typed'] })
  expect(all).toEqual([
    { key: 'A', value: 'file', secret: true },
    { key: 'B', value: 'typed', secret: false },
    { key: 'S', value: 'file', secret: true },
  ])
})

test('a file that cannot be read in full is refused with the line, and without values', async () => {
  const folder = makeFolder()
  await expect(readVariables(here, { envFile: [path.join(folder, 'none')] })).rejects.toMatchObject({
    code: 'wrong_usage',
    message: expect.stringContaining('ENOENT'),
  })
  const file = path.join(folder, '.env')
  await writeFile(file, 'A=1\nhunter2\n')
  const failure = await readVariables(here, { envFile: [file] }).catch((error) => error)
  expect(failure.message).toMatch(/line 2: There is no =/)
  expect(failure.message).not.toContain('hunter2')
})
