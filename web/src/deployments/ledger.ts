import type { LedgerView } from '../../../server/http/views.ts'
import { plural } from '../ui/format.ts'

/** What Slipway makes outside of itself, as people call it, in the order it is shown. The keys are the ledger's kinds. */
const kinds: Record<string, [one: string, many: string]> = {
  container: ['container', 'containers'],
  image: ['image', 'images'],
  network: ['network', 'networks'],
  volume: ['volume', 'volumes'],
  port: ['port', 'ports'],
  vhost: ['nginx virtual host', 'nginx virtual hosts'],
  'tunnel-route': ['tunnel route', 'tunnel routes'],
  'dns-record': ['DNS record', 'DNS records'],
  checkout: ['checkout', 'checkouts'],
  'holding-page': ['holding page', 'holding pages'],
}
const order = Object.keys(kinds)
const rankOf = (kind: string) => (order.includes(kind) ? order.indexOf(kind) : order.length)

/** A kind as a heading: “Containers”. */
export function kindTitle(kind: string): string {
  const many = kinds[kind]?.[1] ?? kind
  return many.charAt(0).toUpperCase() + many.slice(1)
}
export const kindName = (kind: string) => kinds[kind]?.[0] ?? kind

/** The same by kind, in the order of the list above. */
export function byKind<Entry extends { kind: string }>(entries: readonly Entry[]): [kind: string, entries: Entry[]][] {
  return [...Map.groupBy(entries, (it) => it.kind)].sort(([a], [b]) => rankOf(a) - rankOf(b))
}

/** “2 containers, 1 network”. What several releases share, such as a volume, is one thing. */
export const count = (entries: readonly { kind: string; name: string }[]) =>
  byKind(entries)
    .map(([kind, of]) => plural(new Set(of.map((it) => it.name)).size, ...(kinds[kind] ?? ([kind, kind] as const))))
    .join(', ')

/** What may still be there. */
export const standing = (entries: readonly LedgerView[]) => entries.filter((it) => it.state !== 'removed')

export const keyOf = ({ release, step, kind, name }: Pick<LedgerView, 'release' | 'step' | 'kind' | 'name'>) =>
  `${release} ${step} ${kind} ${name}`

export type EntryState = { tone: 'ok' | 'warn' | 'bad' | 'none'; word: string }

/** How an entry stands, in words. A volume that its owner kept is off the ledger, but there. */
export function stateOf({ state, error }: Pick<LedgerView, 'state' | 'error'>): EntryState {
  if (state === 'removed') return error === 'kept' ? { tone: 'ok', word: 'kept' } : { tone: 'none', word: 'removed' }
  if (state === 'removing')
    return error ? { tone: 'bad', word: 'will not go' } : { tone: 'warn', word: 'being removed' }
  return state === 'present' ? { tone: 'ok', word: 'present' } : { tone: 'warn', word: 'being made, may exist' }
}
