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

/** Numbers at the beginning of titles of tests, such as `describe('5, 6 other ways …'`, and the files that have them. */
const inTitles = globSync('tests/{unit,integration,e2e}/**/*.test.ts', { cwd: root }).flatMap((file) =>
  [...read(file).matchAll(/(?:\b(?:test|describe)|\))\(\s*['"`](\d+(?:, \d+)*) [^'"`]/g)].flatMap(([, numbers = '']) =>
    numbers.split(', ').map((number) => ({ name: nameOf(file), number: Number(number) })),
  ),
)

/** Rows name a file in full, by its last part, or without its ending. */
function nameOf(file: string): string {
  return path.basename(file).replace(/\.test\.ts$/, '')
}
const filesIn = (row: string) => [...row.matchAll(/`([\w/.-]+)`/g)].map(([, file = '']) => nameOf(file))

test('each attack is in the table of what was tested, or in that of what was not, with the reason', () => {
  const all = [...numbersIn(tested), ...numbersIn(untested)].flatMap(({ numbers }) => numbers)
  expect(attacks.filter((number) => !all.includes(number))).toEqual([])
})

test('each that is said to be tested has a test whose title begins with its number, in a file that the table names', () => {
  const rows = numbersIn(tested)
  const missing = [...new Set(rows.flatMap(({ numbers }) => numbers))].filter((number) => {
    const named = rows.filter(({ numbers }) => numbers.includes(number)).flatMap(({ row }) => filesIn(row))
    return !inTitles.some((title) => title.number === number && named.includes(title.name))
  })
  expect(missing).toEqual([])
})

test('every file that the table names is there', () => {
  const names = [...tested.matchAll(/`(tests\/[\w/.-]+\.test\.ts)`/g)].map(([, name = '']) => name)
  expect(names.length).toBeGreaterThan(15)
  const there = globSync('tests/**/*.test.ts', { cwd: root })
  expect(names.filter((name) => !there.includes(name))).toEqual([])
})
