import type { DifferenceView, EnvView } from '../../../server/http/views.ts'
import { plural } from '../ui/format.ts'
import { type EnvRow, toEnvInput } from './env-rows.ts'

type EnvChanges = { added: string[]; changed: string[]; removed: string[] }

/** What saving the rows would change of the variables that the server holds, by name. */
export function changesOf(rows: readonly EnvRow[], stored: readonly EnvView[]): EnvChanges {
  const before = new Map(stored.map((it) => [it.key, it]))
  const after = new Map(toEnvInput(rows).map((it) => [it.key, it]))
  const isChanged = ({ key, value, secret, buildTime }: EnvView) => {
    const now = after.get(key)
    if (!now) return false
    return (now.value !== undefined && now.value !== value) || now.secret !== secret || now.buildTime !== buildTime
  }
  return {
    added: [...after.keys()].filter((key) => !before.has(key)),
    changed: stored.filter(isChanged).map((it) => it.key),
    removed: [...before.keys()].filter((key) => !after.has(key)),
  }
}

export const hasChanges = ({ added, changed, removed }: EnvChanges) =>
  added.length + changed.length + removed.length > 0

/** “2 added, 1 removed” */
export function sayChanges({ added, changed, removed }: EnvChanges): string {
  const parts = { added, changed, removed }
  const said = Object.entries(parts).filter(([, keys]) => keys.length > 0)
  const [first, ...others] = said.map(([verb, keys]) => ({ verb, count: keys.length }))
  if (!first) return 'Nothing changed'
  return [`${plural(first.count, 'variable')} ${first.verb}`, ...others.map((it) => `${it.count} ${it.verb}`)].join(
    ', ',
  )
}

/** The same with values, where they are known and no secrets: as it is shown before it is saved. */
export function differenceOf(rows: readonly EnvRow[], stored: readonly EnvView[]): DifferenceView {
  const before = new Map(stored.map((it) => [it.key, it]))
  const after = new Map(toEnvInput(rows).map((it) => [it.key, it]))
  const { added, changed, removed } = changesOf(rows, stored)
  const changeOf = (change: 'added' | 'changed' | 'removed') => (key: string) => {
    const [old, now] = [before.get(key), after.get(key)]
    const secret = old?.secret === true || now?.secret === true
    return { key, change, secret, ...(!secret && { before: old?.value ?? null, after: now?.value ?? null }) }
  }
  const variables = [
    ...added.map(changeOf('added')),
    ...changed.map(changeOf('changed')),
    ...removed.map(changeOf('removed')),
  ]
  return { commit: null, variables: variables.sort((a, b) => (a.key < b.key ? -1 : 1)), settings: [] }
}
