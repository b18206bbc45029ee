import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.join(import.meta.dirname, '..', '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

const attacks = Array.from({ length: 44 }, (_, at) => at + 1)
const [, tested = '', untested = ''] = read('docs/security.md').split(/^## What was (?:not )?tested$/m)

/** The numbers at the beginning of a table's rows, such as `| 2, 3 | …`. */
const numbersIn = (table: string) =>
  [...table.matchAll(/^\| (\d+(?:, \d+)*) \|(.*)$/gm)].map(([, numbers = '', row = '']) => ({
    numbers: numbers.split(', ').map(Number),
    row,
  }))

/** Numbers at the beginning of titles, such as `describe('5, 6 other ways …'`, and the files that have them. */
const inTitles = globSync('tests/{unit,integration,e2e}/**/*.test.ts', { cwd: root }).flatMap((file) =>
  [...read(file).matchAll(/\(\s*['"`](\d+(?:, \d+)*) [^'"`]/g)].flatMap(([, numbers = '']) =>
    numbers.split(', ').map((number) => ({ file, number: Number(number) })),
  ),
)

test('each attack is in the table of what was tested, or in that of what was not, with the reason', () => {
  const all = [...numbersIn(tested), ...numbersIn(untested)].flatMap(({ numbers }) => numbers)
  expect(attacks.filter((number) => !all.includes(number))).toEqual([])
})

test('each that is said to be tested has a test whose title begins with its number', () => {
  const said = numbersIn(tested)
    .filter(({ row }) => !row.includes('**in part**'))
    .flatMap(({ numbers }) => numbers)
  const titles = new Set(inTitles.map(({ number }) => number))
  expect([...new Set(said)].filter((number) => !titles.has(number))).toEqual([])
})

test('every file that the table names is there', () => {
  const names = [...tested.matchAll(/`(tests\/[\w/.-]+\.test\.ts)`/g)].map(([, name = '']) => name)
  expect(names.length).toBeGreaterThan(15)
  const there = globSync('tests/**/*.test.ts', { cwd: root })
  expect(names.filter((name) => !there.includes(name))).toEqual([])
})
