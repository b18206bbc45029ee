import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const src = path.join(import.meta.dirname, '..', '..', 'web', 'src')
const files = globSync('**/*.{ts,svelte,css}', { cwd: src }).map((name) => ({
  name,
  text: readFileSync(path.join(src, name), 'utf8'),
}))
const having = (pattern: RegExp) => files.filter(({ text }) => pattern.test(text)).map((it) => it.name)

test('the files of the UI are seen', () => expect(files.length).toBeGreaterThan(120))

test('fetch is called in one file', () => expect(having(/\bfetch\(/)).toEqual(['api/client.ts']))

test('WebSockets are opened where events and logs are followed, nowhere else', () => {
  expect(having(/\bnew WebSocket\(/).sort()).toEqual(['logs/follow.ts', 'state/live.svelte.ts'])
})

test('of the server there are types, and rules without a dependency of their own', () => {
  const imports = files.flatMap(({ name, text }) =>
    [...text.matchAll(/import (type )?[^'"]*?from '(?:\.\.\/)+(server\/[^']+)'/g)].map(([, type, to]) => ({
      name,
      type,
      to,
    })),
  )
  expect(imports.length).toBeGreaterThan(40)
  const bundled = new Set(imports.filter((it) => it.type === undefined).map((it) => it.to))
  const rules = ['server/cron.ts', 'server/limits.ts', 'server/names.ts', 'server/passwords.ts', 'server/variables.ts']
  expect([...bundled].sort()).toEqual(rules)
  for (const rule of bundled) {
    const text = readFileSync(path.join(src, '..', '..', rule ?? ''), 'utf8')
    expect([...text.matchAll(/^import (?!type )/gm)]).toEqual([])
  }
})

test('no component makes HTML of a text, or sets a style that the policy forbids', () => {
  expect(having(/\{@html|innerHTML|insertAdjacentHTML|document\.write/)).toEqual([])
  expect(having(/<[a-z][^>]*\sstyle=/)).toEqual([])
})

test('colours stand among the tokens alone', () => {
  const literal = /#[0-9a-f]{3,8}\b(?=[;\s,)])|\b(?:rgb|hsl|oklch)a?\(/i
  const styled = files.flatMap(({ name, text }) => {
    const css = name.endsWith('.css') ? text : (/<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? '')
    return literal.test(css) ? [name] : []
  })
  expect(styled).toEqual(['tokens.css'])
})
