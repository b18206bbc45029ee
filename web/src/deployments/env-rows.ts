import type { CreateInput } from '../../../server/http/schemas.ts'
import type { EnvView } from '../../../server/http/views.ts'
import { isPublicKey, problemOfKey, problemOfValue } from '../../../server/variables.ts'
import { plural } from '../ui/format.ts'
import { type EnvFile, formatEnvFile } from './env-file.ts'

/** A variable as the editor holds it. */
export type EnvRow = {
  id: string
  key: string
  /**
   * Undefined for a stored secret that was not typed anew: its value is masked and stays. In a row that is not stored,
   * for a secret that a draft did not keep: it has to be typed again.
   */
  value: string | undefined
  secret: boolean
  buildTime: boolean
  /** The server holds a variable behind this row. */
  isStored: boolean
  /** Taken out, and to be brought back until it is saved. */
  isRemoved: boolean
}
export type EnvInput = NonNullable<CreateInput['env']>

export const newRow = (row: Partial<EnvRow> = {}): EnvRow => ({
  id: crypto.randomUUID(),
  key: '',
  value: '',
  secret: false,
  buildTime: false,
  isStored: false,
  isRemoved: false,
  ...row,
})

/** The rows of what the server holds. Values of secrets are masked there, so they stay out. */
export const rowsOf = (stored: readonly EnvView[]): EnvRow[] =>
  stored.map(({ key, value, secret, buildTime }) =>
    newRow({ key, value: secret ? undefined : value, secret, buildTime, isStored: true }),
  )

/** The variables for the API, in their order; empty and removed rows left out. A value left out stays as it is stored. */
export const toEnvInput = (rows: readonly EnvRow[]): EnvInput =>
  rows.filter(isKept).map(({ key, value, secret, buildTime }) => ({
    key: key.trim(),
    ...(value !== undefined && { value }),
    secret,
    buildTime,
  }))

/** What the server holds once it has taken the rows, as it tells it: with the values of secrets hidden. */
export const heldAfter = (rows: readonly EnvRow[]): EnvView[] => [
  ...new Map(
    toEnvInput(rows).map(({ key, value = '', secret = false, buildTime = false }) => [
      key,
      { key, value: secret ? '' : value, secret, buildTime },
    ]),
  ).values(),
]

const isKept = (row: EnvRow) => !row.isRemoved && !isEmpty(row)
export const isEmpty = (row: EnvRow) => row.key.trim() === '' && row.value === ''

/** Whether the name says that the value should not be seen. */
export const looksSecret = (key: string) =>
  /(^|_)(KEY|KEYS|TOKEN|SECRET|SECRETS|PASS|PASSWORD|PASSWD|PASSPHRASE|PWD|CREDENTIAL|CREDENTIALS|AUTH|PRIVATE|DSN|SALT)(_|$)|APIKEY/i.test(
    key.replace(/([a-z])([A-Z])/g, '$1_$2'),
  ) && !/(^|_)PUBLIC_/i.test(key)

/** Whether the value itself should not be seen: a private key, or an address with a password. */
export const holdsSecret = (value: string) =>
  /-----BEGIN (?!PUBLIC )[A-Z0-9 ]*KEY( BLOCK)?-----/.test(value) ||
  /[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*:[^\s/?#@]+@/i.test(value)

/** What is wrong with a row. Without `stops` the server takes it all the same. */
export type RowProblem = { message: string; stops: boolean }

/** Whether any of them has to be mended before the rows are sent. */
export const areStopping = (problems: Map<string, RowProblem>) => [...problems.values()].some((it) => it.stops)

/** By row id. `stored` is what the server holds. */
export function problemsOf(rows: readonly EnvRow[], stored: readonly EnvView[] = []): Map<string, RowProblem> {
  const kept = rows.filter(isKept)
  const last = new Map(kept.map((it) => [it.key.trim(), it.id]))
  const masked = new Set(stored.filter((it) => it.secret).map((it) => it.key))
  const problems = new Map<string, RowProblem>()
  for (const { id, key: typed, value, isStored } of kept) {
    const key = typed.trim()
    const refused =
      problemOfKey(key) ?? (value === undefined ? whyNotKept(key, isStored, masked) : problemOfValue(key, value))
    if (refused !== undefined) problems.set(id, { message: refused, stops: true })
    else if (last.get(key) !== id)
      problems.set(id, { message: `${key} stands again below, and the last one wins. Remove this one.`, stops: false })
    else if (key === 'PATH') problems.set(id, { message: REPLACES_PATH, stops: false })
  }
  return problems
}

const REPLACES_PATH = 'It takes the place of the image’s own PATH: the app may no longer find its programs.'

function whyNotKept(key: string, isStored: boolean, masked: Set<string>): string | undefined {
  if (!isStored) return 'Type the value again: those of secrets are not kept in a draft.'
  return masked.has(key) ? undefined : 'Type the value: under another name the stored secret is not found.'
}

/** The rows with a file's variables in them: known names get its values, the others come at the end. */
export function importFile(rows: readonly EnvRow[], { variables }: EnvFile): { rows: EnvRow[]; replaced: number } {
  const values = new Map(variables.map((it) => [it.key, it.value]))
  const known = new Set<string>()
  const changed = rows
    .filter((it) => !isEmpty(it))
    .map((row) => {
      const value = values.get(row.key.trim())
      if (value === undefined) return row
      known.add(row.key.trim())
      return { ...row, value, secret: row.secret || holdsSecret(value), isRemoved: false }
    })
  const added = variables
    .filter((it) => !known.has(it.key))
    .map(({ key, value }) =>
      newRow({ key, value, secret: looksSecret(key) || holdsSecret(value), buildTime: isPublicKey(key) }),
    )
  return { rows: [...changed, ...added], replaced: known.size }
}

/** “12 variables read, 2 of them in place of earlier values.” */
export const sayRead = ({ variables }: EnvFile, replaced: number) =>
  `${plural(variables.length, 'variable')} read${replaced > 0 ? `, ${replaced} of them in place of earlier values` : ''}.`

/** What was not read, or not as one may think, a sentence for each. */
export const sayRemarks = ({ duplicates, problems, notes }: EnvFile): string[] => [
  ...duplicates.map(({ key, lines }) => `${key} stands on the lines ${lines.join(', ')}: the last one wins.`),
  ...problems.map(({ line, message }) => `Line ${line} is not understood: ${message}`),
  ...notes.map(({ line, message }) => `Line ${line}: ${message}`),
]

/** Whether a text pasted into a field is meant as a whole file: its first line that says something sets a variable. */
export function looksLikeFile(text: string, file: EnvFile): boolean {
  const first = text.split(/\r\n?|\n/).findIndex((it) => it.trim() !== '' && !it.trim().startsWith('#')) + 1
  return file.variables.length > 0 && !file.problems.some((it) => it.line <= first)
}

/** As a file, without the secrets whose values only the server knows. */
export const toFile = (rows: readonly EnvRow[]) =>
  formatEnvFile(
    rows.filter(isKept).flatMap(({ key, value }) => (value === undefined ? [] : [{ key: key.trim(), value }])),
  )
