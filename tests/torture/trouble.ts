import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import type { Machine } from './machine.ts'

/** What goes wrong with the machine while something is asked of Slipway. */
export const troubles = [
  'none',
  'cancel',
  'slipway killed',
  'engine hangs',
  'engine restarted',
  'nginx killed',
  'cloudflare fails',
  'cloudflare is busy',
  'disk full',
] as const
export type TroubleKind = (typeof troubles)[number]
export type Trouble = { kind: TroubleKind; afterMs: number }

export const anyTrouble: fc.Arbitrary<Trouble> = fc.record({
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant<TroubleKind>('none') },
    { weight: 6, arbitrary: fc.constantFrom(...troubles.slice(1)) },
  ),
  // Without fast-check's liking for small numbers: a deploy takes its time.
  afterMs: fc.noBias(fc.integer({ min: 0, max: 1500 })),
})

/** In these the visitors of apps notice nothing: only what Slipway talks to is away. */
const UNSEEN: TroubleKind[] = [
  'none',
  'cancel',
  'slipway killed',
  'engine hangs',
  'cloudflare fails',
  'cloudflare is busy',
  'disk full',
]
export const isUnseen = ({ kind }: Trouble) => UNSEEN.includes(kind)

/** So long it lasts. */
const LASTING_MS = 400

/** Breaks something, waits, and mends it. Slipway itself is started again. */
export async function strike(
  machine: Machine,
  { kind, afterMs }: Trouble,
  cancel: () => Promise<unknown>,
): Promise<void> {
  if (kind === 'none') return
  await sleep(afterMs)
  if (kind === 'cancel') await cancel()
  if (kind === 'slipway killed') await machine.world.slipway.kill()
  if (kind === 'nginx killed') await machine.killNginx()
  if (kind === 'cloudflare fails') machine.cloudflareFails('500')
  if (kind === 'cloudflare is busy') machine.cloudflareFails('429')
  if (kind === 'disk full') await machine.fillDisk()
  if (kind === 'engine hangs' || (kind === 'engine restarted' && !machine.engine.restart)) machine.engine.hang()
  else if (kind === 'engine restarted') await machine.engine.restart?.()
  await sleep(kind === 'cancel' ? 0 : LASTING_MS)
  await machine.heal()
}
