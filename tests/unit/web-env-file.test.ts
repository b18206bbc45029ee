import { parseEnv } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatEnvFile, parseEnvFile } from '../../web/src/deployments/env-file.ts'

const valuesOf = (text: string) =>
  Object.fromEntries(parseEnvFile(text).variables.map(({ key, value }) => [key, value]))

const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/)
/** Mostly what breaks parsers. */
const value = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...'\'"`\\$#=nrt \t\n\r{}', '\r\n', ' #', '\uFEFF', '🚀'),
    fc.string({ unit: 'binary' }),
  ),
})

describe('a file of variables', () => {
  test.each<[string, string, Record<string, string>]>([
    ['plain', 'A=1\nB=two', { A: '1', B: 'two' }],
    ['comments and blank lines', '# one\n\n  # two\nA=1 # three\n', { A: '1' }],
    ['export', 'export A=1\n  export\tB=2', { A: '1', B: '2' }],
    ['a name that begins with export', 'exported=1', { exported: '1' }],
    ['space around =', 'A = 1\nB\t=\t2  ', { A: '1', B: '2' }],
    ['= in a value', 'URL=postgres://u:p@h/db?a=b&c==', { URL: 'postgres://u:p@h/db?a=b&c==' }],
    ['empty values', 'A=\nB=\'\'\nC=""\nD= # none', { A: '', B: '', C: '', D: '' }],
    ['single quotes', `A='a "b" \\n $C # d '`, { A: 'a "b" \\n $C # d ' }],
    ['double quotes', String.raw`A="a\nb\tc\rd\"e\\f\$g\x" # h`, { A: 'a\nb\tc\rd"e\\f$g\\x' }],
    ['backticks', 'A=`it\'s "so" \\n`', { A: 'it\'s "so" \\n' }],
    ['several lines', 'A="-----BEGIN\nabc=\n-----END\n"\nB=\'x\ny\'', { A: '-----BEGIN\nabc=\n-----END\n', B: 'x\ny' }],
    ['no expansion', `A=1\nB=$A\nC="$\{A}"`, { A: '1', B: '$A', C: '$\u007bA}' }],
    ['quotes inside a value', `A=it's\nB={"a":"b"}`, { A: "it's", B: '{"a":"b"}' }],
    ['Windows line ends', 'A=1\r\nB="x\r\ny"\r\n', { A: '1', B: 'x\ny' }],
    ['a byte order mark', '\uFEFFA=1', { A: '1' }],
    ['emoji and other scripts', 'A=🚀 ü\nB="  日本 "', { A: '🚀 ü', B: '  日本 ' }],
    ['names that objects know', 'constructor=1\ntoString=2', { constructor: '1', toString: '2' }],
    ['nothing at all', '', {}],
  ])('%s', (_, text, expected) => {
    expect(parseEnvFile(text).problems).toEqual([])
    expect(valuesOf(text)).toEqual(expected)
  })

  test('agrees with Node where it says so', () => {
    const text = 'A=1\nexport B = two words \n# c\nC=\'x # "y"\'\nD="a\nb"\nE=`z`\nF=\nG="x" # y\nA=2\n'
    expect(valuesOf(text)).toEqual({ ...parseEnv(text) })
  })

  test('a # without a space before it belongs to the value, and a note says so', () => {
    const { variables, notes } = parseEnvFile('A=ab#cd\nB=#fff\nC=x #y')
    expect(variables.map((it) => it.value)).toEqual(['ab#cd', '#fff', 'x'])
    expect(notes.map((it) => it.line)).toEqual([1, 2])
  })

  test('of a name that stands more than once the last wins, and its lines are told', () => {
    const { variables, duplicates } = parseEnvFile('A=1\nB=2\n\nA="3\n4"\nA=5')
    expect(variables).toEqual([
      { key: 'A', value: '5', line: 6 },
      { key: 'B', value: '2', line: 2 },
    ])
    expect(duplicates).toEqual([{ key: 'A', lines: [1, 4, 6] }])
  })

  test.each<[string, string, number, RegExp]>([
    ['a name with a hyphen', 'A=1\nB-C=2', 2, /“B-C” cannot be a name/],
    ['a name that begins with a digit', '1A=2', 1, /cannot be a name/],
    ['no name', '=2', 1, /no name/],
    ['no =', 'A=1\n\nexport B\nC=1', 3, /no =/],
    ['YAML', 'A: 1', 1, /no =/],
    ['a quote that is never closed', 'A=1\nB="x\nC=2', 2, /double quote is never closed/],
    ['a quote that closes in another value', "A='x\nB='y'\nC=3", 1, /single quote is not closed/],
    ['text behind the quote', 'A="x" y', 1, /behind the closing double quote/],
  ])('%s is a problem of its line, and the rest is read', (_, text, line, message) => {
    const { problems, variables } = parseEnvFile(text)
    expect(problems).toEqual([{ line, message: expect.stringMatching(message) }])
    const others = text.split('\n').filter((it, index) => index + 1 !== line && it !== '')
    expect(variables).toHaveLength(others.length)
  })

  test('written and read again it is the same, byte for byte', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.record({ key, value }), { selector: (it) => it.key }), (variables) => {
        const { variables: read, problems, duplicates } = parseEnvFile(formatEnvFile(variables))
        expect(read.map((it) => ({ key: it.key, value: it.value }))).toEqual(variables)
        expect([...problems, ...duplicates]).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  test('with the line ends of Windows, comments and export it is still the same', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.record({ key, value }), { selector: (it) => it.key }), (variables) => {
        const text = formatEnvFile(variables.map((it) => ({ ...it, value: it.value.replaceAll('\r', '') })))
        const decorated = `\uFEFF# top\n\nexport ${text}# end`.replaceAll('\n', '\r\n')
        const expected = variables.map((it) => it.value.replaceAll('\r', ''))
        const { variables: read } = parseEnvFile(variables.length === 0 ? '' : decorated)
        expect(read.map((it) => it.value)).toEqual(expected)
      }),
    )
  })

  test('whatever is pasted, it answers, and each line is told of at most once', () => {
    fc.assert(
      fc.property(value, (text) => {
        const { problems, variables } = parseEnvFile(text)
        const lines = [...problems, ...variables].map((it) => it.line)
        expect(new Set(lines).size).toBe(lines.length)
        expect(Math.max(0, ...lines)).toBeLessThanOrEqual(text.split(/\r\n?|\n/).length)
      }),
    )
  })

  test('2 MB of unclosed quotes are read in a moment', () => {
    const started = performance.now()
    parseEnvFile('A="\\\n'.repeat(20_000) + "B='x\n".repeat(20_001) + 'C=`\n'.repeat(50_000))
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
