import { listLedger } from '../db/ledger.ts'
import { hasServedBefore, type Release } from '../db/releases.ts'
import type { Db } from '../db/schema.ts'
import { pipeline } from './pipeline.ts'

/**
 * The steps that found nothing to do for a release, of those it has been through: no volumes, no Cloudflare, no release
 * before it. Told from what they left on the ledger, so it stays true when the settings change.
 */
export async function findIdleSteps(db: Db, release: Release): Promise<Set<string>> {
  const entries = await listLedger(db, release.deploymentId)
  const made = new Set(entries.filter((it) => it.release === release.number).map((it) => it.step))
  const idle = pipeline.filter((step) => step.hasEffects && !made.has(step.name)).map((step) => step.name)
  if (release.imageFrom !== null) idle.push('choose-template')
  if (!(await hasServedBefore(db, release))) idle.push('retire-previous')
  return new Set(idle)
}
