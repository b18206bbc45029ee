import { listDeployments } from '../db/deployments.ts'
import { listStanding } from '../db/ledger.ts'
import { deleteSetting, readSetting, writeSetting } from '../db/settings.ts'
import type { Deps } from '../deps.ts'
import { createInTurn } from './in-turn.ts'

/** Noted before the rules are made, and forgotten when they are gone. `present`: they were there once. */
const NOTE = 'metadata.wall'

type Parts = Pick<Deps, 'db' | 'metadataWall' | 'log'>

const inTurn = createInTurn()

/**
 * Keeps the rules there while there is an app, and takes them away with the last one, or when they are switched off. Where
 * they cannot be made an app is deployed all the same, and the doctor says so.
 * @throws an Error when rules that were there cannot be taken away
 */
export function keepMetadataWall(parts: Parts): Promise<void> {
  const { mode } = parts.metadataWall
  if (mode === 'helper') return Promise.resolve()
  return inTurn('wall', async () => {
    const isNeeded = mode === 'own' && (await isAnyThere(parts))
    await (isNeeded ? raise(parts) : lower(parts))
  })
}

/** Whether there is an app of which more is left than its rows, which go last. */
async function isAnyThere({ db }: Parts): Promise<boolean> {
  const standing = new Set((await listStanding(db)).map((it) => it.deploymentId))
  return (await listDeployments(db)).some(({ id, status }) => status !== 'deleting' || standing.has(id))
}

async function raise({ db, metadataWall, log }: Parts): Promise<void> {
  const before = await readSetting(db, NOTE)
  if (before === undefined) await writeSetting(db, NOTE, 'pending')
  try {
    await metadataWall.raise()
    if (before !== 'present') await writeSetting(db, NOTE, 'present')
  } catch (error) {
    if (before === undefined) log.warn({ err: error }, 'apps and builds may reach the metadata service of this machine')
  }
}

async function lower({ db, metadataWall, log }: Parts): Promise<void> {
  const before = await readSetting(db, NOTE)
  if (before === undefined) return
  try {
    await metadataWall.lower()
  } catch (error) {
    if (before === 'present') throw error
    log.warn({ err: error }, 'the rules for the metadata service were never made')
  }
  await deleteSetting(db, NOTE)
}
