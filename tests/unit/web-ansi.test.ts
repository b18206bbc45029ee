import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MOST_SHOWN, parseLine, printable } from '../../web/src/logs/ansi.ts'

const ESC = '\u001b'
const looks = (raw: string) => parseLine(raw).pieces.map(({ text, look }) => (look === '' ? text : `${look}|${text}`))

describe('colours and weights', () => {
  test.each([
    ['red and plain', `${ESC}[31mred${ESC}[0m plain`, ['c1|red', ' plain']],
    ['an empty reset', `${ESC}[1;32mok${ESC}[m.`, ['c2 b|ok', '.']],
    ['weights', `${ESC}[1mb${ESC}[22;2md${ESC}[22;3mi${ESC}[23;4mu${ESC}[24mp`, ['b|b', 'd|d', 'i|i', 'u|u', 'p']],
    ['bright colours', `${ESC}[91mr${ESC}[90mg${ESC}[39mp`, ['c1 b|r', 'c7 b|g', 'b|p']],
    ['one of 256', `${ESC}[38;5;196mr${ESC}[38;5;2mg${ESC}[38;5;244mm`, ['c1|r', 'c2|g', 'c7|m']],
    ['a free colour, then bold', `${ESC}[38;2;30;60;220;1mb`, ['c4 b|b']],
    ['colons', `${ESC}[38:2::250:160:0mo${ESC}[0;4:3mu${ESC}[4:0mp`, ['c3|o', 'u|u', 'p']],
    [
      'backgrounds, inverse and hidden text are only text',
      `${ESC}[41;7;8;5mx${ESC}[48;5;9my${ESC}[48;2;1;2;3mz`,
      ['xyz'],
    ],
    ['nonsense', `${ESC}[38;5;999mx${ESC}[38mx${ESC}[9999999999999999999mx${ESC}[;;mx${ESC}[38;2mx`, ['xxxx', 'c0|x']],
    ['eight-bit CSI', '\u009b31mred', ['c1|red']],
  ])('%s', (_name, raw, expected) => {
    expect(looks(raw)).toEqual(expected)
  })
})

describe('everything else a terminal would do', () => {
  test.each([
    ['links (OSC 8)', `see ${ESC}]8;;https://evil.example${ESC}\\here${ESC}]8;;${ESC}\\ now`, 'see here now'],
    ['the clipboard (OSC 52)', `${ESC}]52;c;cm0gLXJmIC8=\u0007done`, 'done'],
    ['the title', `${ESC}]0;pwned\u0007x${ESC}]2;pwned${ESC}\\y`, 'xy'],
    ['an OSC without end', `a${ESC}]52;c;cm0gLXJm`, 'a'],
    ['an OSC that another sequence ends', `a${ESC}]0;t${ESC}[31mb`, 'ab'],
    ['DCS, APC, PM, SOS', `a${ESC}Pq#0${ESC}\\b${ESC}_x${ESC}\\c${ESC}^x${ESC}\\d${ESC}Xx${ESC}\\e`, 'abcde'],
    ['C1 strings', 'a\u009d0;t\u009cb\u0090q\u0007c', 'abc'],
    ['a C1 byte of broken text', 'â\u0080\u009dquoted', 'âquoted'],
    ['cursor movement and clearing', `${ESC}[2J${ESC}[Hhome${ESC}[10;10Hx${ESC}[K${ESC}[?25l${ESC}[>0cy`, 'homexy'],
    ['character sets, resets, keypads', `${ESC}(Bx${ESC}c${ESC}=y${ESC}7z`, 'xyz'],
    ['bells, backspaces, nulls, form feeds', 'a\u0007b\u0008c\u0000d\u000ce\u007f', 'abcde'],
    ['an ESC at the end', `x${ESC}`, 'x'],
    ['a CSI at the end', `x${ESC}[31`, 'x'],
    ['HTML', '<img src=x onerror=alert(1)>&lt;', '<img src=x onerror=alert(1)>&lt;'],
    ['tabs stay', 'a\tb', 'a\tb'],
  ])('%s', (_name, raw, expected) => {
    expect(printable(raw)).toBe(expected)
  })

  test('a carriage return: the last state of a progress bar stays', () => {
    expect(printable('10 %\r50 %\r100 %')).toBe('100 %')
    expect(printable('100 %\r')).toBe('100 %')
    expect(printable(`50 %\r${ESC}[K100 %\r\r`)).toBe('100 %')
    expect(looks(`${ESC}[32m1\r2`)).toEqual(['c2|2'])
  })
})

describe('what nobody would see', () => {
  test.each([
    ['overrides', 'user\u202enimda', 'user⟨U+202E⟩nimda'],
    ['isolates and marks', '\u2066a\u2069\u200e\u061c', '⟨U+2066⟩a⟨U+2069⟩⟨U+200E⟩⟨U+061C⟩'],
    ['zero width', 'ad\u200bmin\u200d\u2060\ufeff\u00ad', 'ad⟨U+200B⟩min⟨U+200D⟩⟨U+2060⟩⟨U+FEFF⟩⟨U+00AD⟩'],
    ['tags', 'a\u{e0041}', 'a⟨U+E0041⟩'],
    ['line separators', 'a\u2028b\u2029', 'a⟨U+2028⟩b⟨U+2029⟩'],
    ['half a character', 'a\ud83db', 'a\ufffdb'],
    ['an emoji stays whole', '👩🏽‍💻 👨‍👩‍👧 ❤️‍🔥', '👩🏽‍💻 👨‍👩‍👧 ❤️‍🔥'],
  ])('is spelt out: %s', (_name, raw, expected) => {
    expect(printable(raw)).toBe(expected)
  })

  test('is told from text that spells it', () => {
    expect(looks('a\u202eb')).toEqual(['a', 'mark|⟨U+202E⟩', 'b'])
  })
})

describe('long lines', () => {
  test('are cut where they are shown, and say by how much', () => {
    const { pieces, more } = parseLine('x'.repeat(1_000_000))
    expect(pieces).toEqual([{ text: 'x'.repeat(MOST_SHOWN), look: '' }])
    expect(more).toBe(1_000_000 - MOST_SHOWN)
  })

  test('are not cut within a character, and what follows the cut is not shown', () => {
    expect(parseLine(`ab😀${ESC}[31mcd`, 3)).toEqual({ pieces: [{ text: 'ab', look: '' }], more: 4 })
  })

  test.each([
    ['many ESC', ESC],
    ['many OSC', `${ESC}]`],
    ['many open CSI', `${ESC}[1;`],
    ['many C1 strings', '\u009d'],
    ['many C1 CSI', '\u009b1'],
    ['many colours', `${ESC}[31ma${ESC}[32mb`],
    ['many returns', 'a\r'],
    ['many overrides', '\u202e'],
    ['many joiners', '\u200d'],
  ])('of a megabyte are taken apart in linear time: %s', { timeout: 30_000 }, (_name, part) => {
    const raw = part.repeat(Math.ceil(1_000_000 / part.length))
    const began = performance.now()
    parseLine(raw)
    // A second where it is linear; where a part is read again for each that follows, many minutes.
    expect(performance.now() - began).toBeLessThan(20_000)
  })
})

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(ESC, `${ESC}[`, `${ESC}]`, 'm', ';', ':', '1', '38', '5', '\u0007', '\r', '\\', '\u009b', '\u009c'),
    fc.constantFrom('\u009d', '\u202e', '\u200d', '👩', '\ud83d', '\ude00', '<b>', '\t', ' ', 'abc'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
  maxLength: 60,
})
const FORBIDDEN = /[^\P{Cc}\t]|[\p{Cs}\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/u

describe('whatever is printed', () => {
  test('shows no control character, no override and no half character, and only looks we know', () => {
    fc.assert(
      fc.property(hostile, (raw) => {
        for (const { text, look } of parseLine(raw).pieces) {
          expect(text).not.toMatch(FORBIDDEN)
          expect(text).not.toBe('')
          expect(look).toMatch(/^(mark|(c[0-7])?( ?b)?( ?d)?( ?i)?( ?u)?)$/)
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('the pieces are the printable text, cut or not', () => {
    fc.assert(
      fc.property(hostile, fc.nat(40), (raw, most) => {
        const { pieces, more } = parseLine(raw, most)
        const shown = pieces.map((it) => it.text).join('')
        expect(printable(raw).startsWith(shown)).toBe(true)
        expect(shown.length + more).toBe(printable(raw).length)
        expect(shown.length).toBeLessThanOrEqual(most)
      }),
      { numRuns: 3000 },
    )
  })

  test('text between sequences comes through as it is', () => {
    const text = fc.stringMatching(/^[ -~äß漢😀]{1,8}$/u)
    const sequence = fc.constantFrom(
      `${ESC}[1;31m`,
      `${ESC}[0m`,
      `${ESC}]8;;x\u0007`,
      `${ESC}[2K`,
      `${ESC}(B`,
      '\u0007',
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(text, sequence)), (parts) => {
        expect(printable(parts.flat().join(''))).toBe(parts.map(([it]) => it).join(''))
      }),
    )
  })
})
