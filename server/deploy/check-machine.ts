import type { Deps } from '../deps.ts'
import { toAppError } from '../errors.ts'
import { createDiskReader } from './disks.ts'
import { usedShare } from './read-disk.ts'
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
    attempt(() => checkDisk(deps)),
    attempt(async () => {
      await deps.db.selectFrom('settings').select('key').limit(1).execute()
      return { ok: true, detail: 'answers' }
    }),
  ])
  return { engine, nginx, disk, database }
}

/** The fullest of the disks that apps fill: whether there is room for a build. */
async function checkDisk(deps: Deps): Promise<MachineCheck> {
  const { minFreeDiskMb, diskStopPercent } = deps.config
  const [fullest] = (await createDiskReader(deps)()).sort((a, b) => usedShare(b) - usedShare(a))
  if (!fullest) return { ok: false, detail: 'no disk is seen' }
  const isLow = Math.floor(fullest.free / 2 ** 20) < minFreeDiskMb
  return {
    ok: !isLow && Math.floor(usedShare(fullest) * 100) < diskStopPercent,
    detail: `${gib(fullest.free)} of ${gib(fullest.total)} GiB free`,
  }
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
