import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { explainLog, rules } from '../../../server/deploy/explain/explain-log.ts'
import type { Stage } from '../../../server/deploy/explain/rule.ts'
import { root } from '../../support/slipway.ts'

const fixtures = path.join(root, 'tests', 'fixtures')

/** What tools print when they fail: `=== <stage> <rule>`, `=> <what is said about it>`, and the log. */
const failures = readdirSync(path.join(fixtures, 'failures')).flatMap((file) =>
  readFileSync(path.join(fixtures, 'failures', file), 'utf8')
    .split(/^=== /m)
    .slice(1)
    .map((text) => {
      const [, stage = '', rule = '', message = '', log = ''] = /^(\w+) (\S+)\n=> ([^\n]*)\n(.*)$/s.exec(text) ?? []
      return { stage: stage as Stage, rule, message, lines: log.trimEnd().split('\n') }
    }),
)

describe('what tools print when they fail', () => {
  test.each(failures)('$stage: $rule: $message', ({ stage, rule, message, lines }) => {
    expect(explainLog(lines, stage)).toMatchObject({ rule, message })
  })

  test('is there for every rule, and each name is given once', () => {
    const names = rules.map(({ name }) => name)
    expect([...new Set(failures.map(({ rule }) => rule))].sort()).toEqual([...names].sort())
  })

  test('leaves no gap in a sentence', () => {
    for (const { stage, lines } of failures) {
      const found = explainLog(lines, stage)
      expect(`${found?.message} ${found?.hint}`).not.toMatch(/\[\[|\]\]|(?<!\$)\{[a-z]+\}|unknown|undefined/)
      expect(found?.hint).toMatch(/^[A-Z]/)
    }
  })
})

const others = readFileSync(path.join(fixtures, 'unexplained-logs.txt'), 'utf8').split('\n\n===\n')
test.each(others)('nothing is said about what went well, or failed for a reason of its own: %s', (log) => {
  for (const stage of ['build', 'start'] as const) expect(explainLog(log.split('\n'), stage)).toBeUndefined()
})

test('a cause wins over what follows from it, and anything over what is vague', () => {
  const killed = ['Killed', 'sh: 1: make: not found', "Cannot find module 'x'"]
  expect(explainLog(killed, 'build')?.rule).toBe('node-gyp-compiler')
  expect(explainLog(['Killed', "Cannot find module 'x'"], 'build')?.rule).toBe('build-killed')
  expect(explainLog(["Cannot find module 'x'", 'sh: 1: tool: not found'], 'build')?.rule).toBe('package-not-installed')
})

test('of equals the last one counts', () => {
  const lines = ["Error: Cannot find module 'first'", 'npm error Missing script: "build"']
  expect(explainLog(lines, 'build')?.rule).toBe('script-missing')
  expect(explainLog(lines.toReversed(), 'build')?.message).toContain('first')
})

test('the stage decides what it means', () => {
  const lines = ["Error: Cannot find module 'express'"]
  expect(explainLog(lines, 'build')?.hint).toContain('npm install express')
  expect(explainLog(lines, 'start')?.hint).toContain('devDependencies')
})

test('of many packages some are named, the others counted', () => {
  const lines = ['a', 'b', 'c', 'd', 'e', 'a'].map((name) => `npm error Missing: ${name}@1.0.0 from lock file`)
  expect(explainLog(lines, 'build')?.message).toMatch(/about a@1\.0\.0, b@1\.0\.0, c@1\.0\.0 and 2 more\.$/)
})

test('colours and other controls are no part of what is quoted', () => {
  const found = explainLog([`\u001b[31mCould not resolve "./\u0007App.js"\u001b[0m from "src/main.js"`], 'build')
  expect(found?.message).toBe('The file ./App.js is imported, and is not there.')
})

test('what is quoted has an end', () => {
  const found = explainLog([`EACCES: permission denied, open '/${'x'.repeat(190)}'`], 'start')
  expect(found?.message).toContain('x'.repeat(190))
  expect(explainLog([`EACCES: permission denied, open '/${'x'.repeat(3_000)}'`], 'start')).toBeUndefined()
})

test.each([
  ['names', 'A_B_C_'],
  ['words', 'x'],
  ['paths', 'a/'],
  ['quotes', "'"],
  ['spaces', ' '],
  ['errors of npm', 'npm error code ERESOLVE '],
  ['modules', "Cannot find module '"],
  ['environments', 'Missing environment variables:'],
  ['Zod', '"path": [ '],
  ['TypeScript', 'a(1,'],
  ['versions', 'Node.js version "'],
  ['libraries', 'lib.'],
  ['brackets', '([{'],
])('a log of nothing but %s, as long as can be, is looked through in no time', (_, piece) => {
  const long = Array<string>(100).fill(piece.repeat(4_000 / piece.length))
  const short = Array<string>(20_000).fill(piece.slice(0, 9))
  const begun = performance.now()
  for (const lines of [long, short]) for (const stage of ['build', 'start'] as const) explainLog(lines, stage)
  expect(performance.now() - begun).toBeLessThan(1_500)
})
