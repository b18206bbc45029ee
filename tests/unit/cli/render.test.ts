import { describe, expect, test } from 'vitest'
import { bold, red, render, renderJson } from '../../../cli/render.ts'
import { pairs, table } from '../../../cli/table.ts'

describe('what an app prints', () => {
  test.each([
    ['a title', '\u001b]0;owned\u0007ready', 'ready'],
    ['the clipboard', '\u001b]52;c;ZXZpbA==\u0007ready', 'ready'],
    ['a link', '\u001b]8;;http://evil.example\u001b\\ready\u001b]8;;\u001b\\', 'ready'],
    ['the cursor and the screen', '\u001b[2J\u001b[1;1H\u001b[?1049hready', 'ready'],
    ['8-bit controls', '\u009b2Jready\u009d0;owned\u009c', 'ready'],
    ['a report that is typed back', '\u001b[6n\u001bP$qm\u001b\\ready', 'ready'],
    ['bells and backspaces', 're\u0007\u0008ady', 'ready'],
    ['text turned around', 'a\u202eb', 'a⟨U+202E⟩b'],
  ])('cannot touch %s', (_, raw, shown) => {
    expect(render(raw, false)).toBe(shown)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    expect(render(raw, true).replace(/\u001b\[[\d;]+m/g, '')).toBe(shown)
  })

  test('may be coloured on a terminal, up to the end of its line', () => {
    expect(render('\u001b[31mno\nyes', true)).toBe('\u001b[31mno\u001b[0m\nyes')
    expect(render('\u001b[31mno\nyes', false)).toBe('no\nyes')
    expect(render(`${bold('app')} ${red('failed')}`, true)).toBe('\u001b[1mapp\u001b[0m \u001b[31mfailed\u001b[0m')
    expect(render('\u001b[1;38;5;196mx', true)).toBe('\u001b[31;1mx\u001b[0m')
  })

  test('is a harmless escape in JSON, and the same value', () => {
    const value = { text: 'a\u009b2J\u202e\u001b[2J' }
    const json = renderJson(value)
    expect(json).toBe('{"text":"a\\u009b2J\\u202e\\u001b[2J"}')
    expect(JSON.parse(json)).toEqual(value)
  })
})

test('columns are as wide as what is seen of them', () => {
  const lines = table(
    ['APP', 'STATUS'],
    [
      ['shop', red('failed')],
      [bold('a'), 'running'],
    ],
  ).map((it) => render(it, false))
  expect(lines).toEqual(['APP   STATUS', 'shop  failed', 'a     running'])
})

test('names without a value are left out', () => {
  const lines = pairs([
    ['App', 'shop'],
    ['Port', null],
    ['Status', 'running'],
  ])
  expect(lines.map((it) => render(it, false))).toEqual(['App     shop', 'Status  running'])
})
