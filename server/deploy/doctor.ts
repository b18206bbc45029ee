import type { Deps } from '../deps.ts'
import { AppError, toAppError } from '../errors.ts'
import { lookAtCloudflare } from './findings/cloudflare.ts'
import { lookForDrift } from './findings/drift.ts'
import { type Finding, type Found, LOOK_MS, type Look, lateBy, UNSEEN, unseen } from './findings/finding.ts'
import { lookAtBuildGuard, lookAtDisks, lookAtMachine, lookAtMetadataWall } from './findings/machine.ts'
import { lookForOrphans } from './findings/orphans.ts'
import { lookForQuarantine } from './findings/quarantine.ts'
import { createRecentCloudflare } from './findings/recent-cloudflare.ts'
import { lookForStuck } from './findings/stuck.ts'
import type { Queue } from './queue.ts'
import { refuseWhileRestored } from './restored.ts'
import { within } from './within.ts'

/** `kept`: what users chose to keep when they deleted an app. Nothing is wrong with it; `repair` removes it when named. */
type Examination = { findings: Finding[]; kept: Finding[]; checkedAt: string }
export type Repair = { repaired: string[]; failed: { id: string; message: string }[] }

export type Doctor = {
  /**
   * Looks at the machine, at what carries our mark without an owner, at what drifted, and at what is stuck, for 10 s at
   * most. Changes nothing. What Cloudflare said in the last minute counts, unless the look is to be `fresh`.
   */
  examine(options?: { fresh?: boolean }): Promise<Examination>
  /**
   * Applies the remedies of the findings named, or of all safe ones.
   * @throws not_found when one that is named does not exist (any more); not_possible_now for orphans on a machine that
   * was restored, until that was confirmed
   */
  repair(ids?: string[]): Promise<Repair>
}

const PARTS: { id: string; what: string; look: (look: Look) => Promise<Found[]> }[] = [
  { id: 'machine', what: 'The machine', look: lookAtMachine },
  { id: 'cloudflare', what: 'Cloudflare', look: lookAtCloudflare },
  { id: 'orphans', what: 'What has no owner', look: lookForOrphans },
  { id: 'apps', what: 'Some apps', look: lookForDrift },
  { id: 'stuck', what: 'What is stuck', look: lookForStuck },
  { id: 'quarantine', what: 'What nginx refuses', look: lookForQuarantine },
  { id: 'disks', what: 'The disks', look: lookAtDisks },
  { id: 'build-guard', what: 'The limit of builds', look: lookAtBuildGuard },
  { id: 'metadata-wall', what: 'The way to the metadata service', look: lookAtMetadataWall },
]
/** A part that waits for something knows best what it waited for, and is given the moment to say so. */
const GRACE_MS = 500

export function createDoctor(deps: Deps, queue: Queue): Doctor {
  const recent = createRecentCloudflare(deps)

  async function lookNow(fresh: boolean): Promise<Found[]> {
    if (fresh) recent.forget()
    const signal = AbortSignal.timeout(LOOK_MS)
    const end = AbortSignal.timeout(LOOK_MS + GRACE_MS)
    const look = { deps, cloudflare: await recent.read(signal), signal }
    const parts = await Promise.all(
      PARTS.map((part) =>
        within(end, part.look(look)).catch((error: unknown) => {
          deps.log.warn({ err: error }, `the doctor could not look: ${part.what}`)
          return [unseen(part.id, part.what, end.aborted ? lateBy('It') : toAppError(error).message)]
        }),
      ),
    )
    // What Cloudflare did not say in time is asked again.
    if (signal.aborted) recent.forget()
    return withoutEchoes(parts.flat())
  }

  const look = oneAtATime(lookNow)

  return {
    async examine({ fresh = false } = {}) {
      const all = (await look(fresh)).map(({ mend: _, ...finding }) => finding)
      const [kept, findings] = [all.filter(isKept), all.filter((it) => !isKept(it))]
      return { findings, kept, checkedAt: new Date().toISOString() }
    },
    async repair(ids) {
      const found = await look(true)
      const missing = ids?.find((id) => !found.some((it) => it.id === id))
      if (missing !== undefined)
        throw new AppError('not_found', `There is no finding ${missing} (any more). Look again.`, { field: 'ids' })
      if (ids?.length) await refuseOrphansWhileRestored(deps, found, ids)
      const chosen = found.filter((it) => it.mend && (ids ? ids.includes(it.id) : it.remedy.safe))
      const result = await mendAll(chosen, queue)
      recent.forget()
      return result
    },
  }
}

/** What has no owner here may belong to the machine that was backed up. @throws not_possible_now */
async function refuseOrphansWhileRestored({ db }: Deps, found: Found[], ids: string[]): Promise<void> {
  const hasOrphans = found.some(({ id, kind }) => ids.includes(id) && (kind === 'orphan' || kind === 'kept'))
  if (hasOrphans) await refuseWhileRestored(db)
}

const isKept = ({ kind }: Finding) => kind === 'kept'

/** What is known not to work need not be told again of what lies on it. */
function withoutEchoes(found: Found[]): Found[] {
  const isKnown = (part: string) =>
    found.some(({ id }) => id === `machine:${part}` || id.startsWith(`machine:${part}:`))
  return found.filter(({ id }) => !id.startsWith(UNSEEN) || !isKnown(id.slice(UNSEEN.length)))
}

async function mendAll(chosen: Found[], queue: Queue): Promise<Repair> {
  const repaired: string[] = []
  const failed: Repair['failed'] = []
  for (const { id, mend } of chosen) {
    try {
      await mend?.(queue)
      repaired.push(id)
    } catch (error) {
      failed.push({ id, message: toAppError(error).message })
    }
  }
  return { repaired, failed }
}

/**
 * Whoever asks during a look waits for the next one, which is one for all of them: the look that is on its way may have
 * passed by what they ask about.
 */
function oneAtATime(work: (fresh: boolean) => Promise<Found[]>): (fresh: boolean) => Promise<Found[]> {
  let current: Promise<Found[]> | undefined
  let next: { fresh: boolean; result: Promise<Found[]> } | undefined

  function start(fresh: boolean): Promise<Found[]> {
    const result = work(fresh).finally(() => {
      current = undefined
    })
    current = result
    return result
  }

  return (fresh) => {
    if (!current) return start(fresh)
    next ??= {
      fresh,
      result: current
        .catch(() => undefined)
        .then(() => {
          const isFresh = next?.fresh ?? false
          next = undefined
          return start(isFresh)
        }),
    }
    next.fresh ||= fresh
    return next.result
  }
}
