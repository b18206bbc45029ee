import { statfs } from 'node:fs/promises'
import type { Deps } from '../deps.ts'
import { toAppError } from '../errors.ts'

export type MachineCheck = { ok: boolean; detail: string }

/** Whether a deploy could work now: engine, nginx, disk, database. Never throws. */
export async function checkMachine(
  deps: Deps,
): Promise<Record<'engine' | 'nginx' | 'disk' | 'database', MachineCheck>> {
  const [engine, nginx, disk, database] = await Promise.all([
    attempt(async () => ({ ok: true, detail: `Docker ${(await deps.docker.check()).version}` })),
    attempt(async () => {
      const { ok, version, problem } = await deps.nginx.check()
      return { ok, detail: problem ?? (deps.nginx.mode === 'off' ? 'off' : `nginx ${version}`) }
    }),
    attempt(() => checkDisk(deps)),
    attempt(async () => {
      await deps.db.selectFrom('settings').select('key').limit(1).execute()
      return { ok: true, detail: 'answers' }
    }),
  ])
  return { engine, nginx, disk, database }
}

async function checkDisk({ config }: Deps): Promise<MachineCheck> {
  const { bavail, blocks, bsize } = await statfs(config.dataDir)
  const freeMb = Math.floor((bavail * bsize) / 2 ** 20)
  return {
    ok: freeMb >= config.minFreeDiskMb,
    detail: `${gib(bavail * bsize)} of ${gib(blocks * bsize)} GiB free`,
  }
}

const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(1)

async function attempt(check: () => Promise<MachineCheck>): Promise<MachineCheck> {
  try {
    return await check()
  } catch (error) {
    return { ok: false, detail: toAppError(error).message }
  }
}
