import type { Config } from '../config.ts'
import type { Deps } from '../deps.ts'
import { toAppError } from '../errors.ts'
import type { Disk } from './decide-news.ts'
import { createDiskReader } from './disks.ts'
import { usedShare } from './read-disk.ts'
import { whyFull } from './refuse-full-disk.ts'
import { within } from './within.ts'

/** `remedy` where the check itself knows what to do. */
export type MachineCheck = { ok: boolean; detail: string; remedy?: { text: string; automatic: boolean } }

/** Whether a deploy could work now: engine, nginx, disk, database. Never throws. */
export async function checkMachine(
  deps: Deps,
): Promise<Record<'engine' | 'nginx' | 'disk' | 'database', MachineCheck>> {
  const [engine, nginx, disk, database] = await Promise.all([
    attempt(async () => ({ ok: true, detail: `Docker ${(await deps.docker.check()).version}` })),
    attempt(async () => {
      const { ok, version, problem, remedy } = await deps.nginx.check()
      const detail = problem ?? (deps.nginx.mode === 'off' ? 'off' : `nginx ${version}`)
      return { ok, detail, ...(remedy !== undefined && { remedy }) }
    }),
    attempt(async () => checkDisks(await createDiskReader(deps)(), deps.config)),
    attempt(async () => {
      await deps.db.selectFrom('settings').select('key').limit(1).execute()
      return { ok: true, detail: 'answers' }
    }),
  ])
  return { engine, nginx, disk, database }
}

/** The disks that apps fill: whether there is room for a build on each. Tells of one without, or of the fullest. */
export function checkDisks(
  disks: readonly Disk[],
  limits: Pick<Config, 'minFreeDiskMb' | 'diskStopPercent'>,
): MachineCheck {
  const full = disks.find((disk) => whyFull(disk, limits) !== undefined)
  const told = full ?? disks.toSorted((a, b) => usedShare(b) - usedShare(a))[0]
  if (!told) return { ok: false, detail: 'no disk is seen' }
  return { ok: full === undefined, detail: `${gib(told.free)} of ${gib(told.total)} GiB free` }
}

const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(1)

/** Whoever asks waits for the answer: what hangs is not well. */
const CHECK_MS = 9000

async function attempt(check: () => Promise<MachineCheck>): Promise<MachineCheck> {
  try {
    return await within(AbortSignal.timeout(CHECK_MS), check())
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError'
    const detail = isLate ? `It did not answer within ${CHECK_MS / 1000} seconds.` : toAppError(error).message
    return { ok: false, detail }
  }
}
