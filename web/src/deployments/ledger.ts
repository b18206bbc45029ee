import type { LedgerView } from '../../../server/http/views.ts'
import { plural } from '../ui/format.ts'

type Kind = {
  one: string
  many: string
  /** What one may want to know before it is made. */
  note?: string
  /** Its name says nothing to people. */
  isUnnamed?: true
}

/** What Slipway makes outside of itself, as people call it, in the order it is shown. The keys are the ledger's kinds. */
const kinds: Record<string, Kind> = {
  container: { one: 'container', many: 'containers' },
  image: { one: 'image', many: 'images' },
  network: { one: 'network', many: 'networks', note: 'of its own' },
  volume: { one: 'volume', many: 'volumes', note: 'stays from release to release' },
  port: { one: 'port', many: 'ports', note: 'the next free one, on this machine only' },
  vhost: { one: 'nginx vhost', many: 'nginx vhosts' },
  'tunnel-route': { one: 'tunnel route', many: 'tunnel routes' },
  webhook: { one: 'webhook', many: 'webhooks', note: 'at GitHub, so that a push deploys' },
  'deploy-key': { one: 'deploy key', many: 'deploy keys', note: 'at GitHub, to read this one repository' },
  'dns-record': { one: 'DNS record', many: 'DNS records' },
  checkout: { one: 'checkout', many: 'checkouts', note: 'removed after the build', isUnnamed: true },
  'holding-page': { one: 'holding page', many: 'holding pages', note: 'until the app answers' },
}
const order = Object.keys(kinds)
const rankOf = (kind: string) => (order.includes(kind) ? order.indexOf(kind) : order.length)
/** One that is not known keeps its name. */
export const kindOf = (kind: string): Kind => kinds[kind] ?? { one: kind, many: kind }

/** As a sentence begins; nginx is always written small. */
const asTitle = (words: string) => (words.startsWith('nginx') ? words : words.charAt(0).toUpperCase() + words.slice(1))

/** A kind as a heading: “Containers”. */
export const kindTitle = (kind: string) => asTitle(kindOf(kind).many)
/** One of a kind at the beginning of a line: “Container”. */
export const oneTitle = (kind: string) => asTitle(kindOf(kind).one)
export const kindName = (kind: string) => kindOf(kind).one

/** The same by kind, in the order of the list above. */
export function byKind<Entry extends { kind: string }>(entries: readonly Entry[]): [kind: string, entries: Entry[]][] {
  return [...Map.groupBy(entries, (it) => it.kind)].sort(([a], [b]) => rankOf(a) - rankOf(b))
}

/** “2 containers, 1 network”. What several releases share, such as a volume, is one thing. */
export const count = (entries: readonly { kind: string; name: string }[]) =>
  byKind(entries)
    .map(([kind, of]) => plural(new Set(of.map((it) => it.name)).size, kindOf(kind).one, kindOf(kind).many))
    .join(', ')

/** What a delete left: volumes that were to stay, and what GitHub would not show or give; each once, for releases share it. */
export function splitKept<Entry extends { kind: string; name: string; kept?: boolean }>(entries: readonly Entry[]) {
  const kept = new Map(entries.filter((it) => it.kept).map((it) => [`${it.kind} ${it.name}`, it]))
  const { volumes = [], atGithub = [] } = Object.groupBy(kept.values(), ({ kind }) =>
    kind === 'volume' ? 'volumes' : 'atGithub',
  )
  return { volumes, atGithub }
}

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
