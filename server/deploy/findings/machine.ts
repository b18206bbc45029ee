import { listDeployments } from '../../db/deployments.ts'
import { AppError } from '../../errors.ts'
import { checkMachine, type MachineCheck } from '../check-machine.ts'
import type { Disk } from '../decide-news.ts'
import { createDiskReader } from '../disks.ts'
import { usedShare } from '../read-disk.ts'
import type { Found, Look } from './finding.ts'

const REMEDIES = {
  engine: 'Start the Docker engine: systemctl start docker.',
  nginx: 'Look at the error log of nginx.',
  disk: 'Free some space: the page on the disk shows what takes it, per app.',
  database: 'Look at the server log and at the disk.',
}

/** What a deploy needs of this machine and does not have. */
export async function lookAtMachine({ deps }: Look): Promise<Found[]> {
  const checks = Object.entries(await checkMachine(deps)) as [keyof typeof REMEDIES, MachineCheck][]
  return checks
    .filter(([, { ok }]) => !ok)
    .map(([name, { detail, remedy = { text: REMEDIES[name], automatic: false } }]) => ({
      id: `machine:${name}`,
      kind: 'machine',
      severity: 'error',
      message: detail,
      remedy: { ...remedy, safe: true },
      ...(remedy.automatic && { mend: () => startNginx(deps) }),
    }))
}

/** Counts as done only after another look. @throws AppError with what is still wrong */
async function startNginx({ nginx }: Look['deps']): Promise<void> {
  await nginx.start()
  const { ok, problem = 'nginx does not run.' } = await nginx.check()
  if (!ok) throw new AppError('nginx_unreachable', problem)
}

/** Disks that fill up, before nothing can be built any more. */
export async function lookAtDisks({ deps }: Look): Promise<Found[]> {
  const { diskWarnPercent, diskStopPercent } = deps.config
  const percentOf = (disk: Disk) => Math.floor(usedShare(disk) * 100)
  const filling = (await createDiskReader(deps)()).filter((disk) => {
    const percent = percentOf(disk)
    return percent >= diskWarnPercent && percent < diskStopPercent
  })
  const text = 'Free some space: the page on the disk shows what takes it, per app.'
  return filling.map((disk) => ({
    id: `machine:disk-fills:${disk.folder}`,
    kind: 'machine',
    severity: 'warning',
    message: `The disk with ${disk.folder} is ${percentOf(disk)} % full; from ${diskStopPercent} % on nothing is built.`,
    remedy: { text, automatic: false, safe: false },
  }))
}

export async function lookAtBuildGuard({ deps }: Look): Promise<Found[]> {
  const { ok, detail } = await deps.guard.check()
  if (ok) return []
  const text =
    'Let Slipway run as root or as the service (scripts/up --service), or set SLIPWAY_BUILD_GUARD=off to build without limits.'
  const remedy = { text, automatic: false, safe: false }
  return [{ id: 'machine:build-guard', kind: 'machine', severity: 'warning', message: detail, remedy }]
}

/** Before there is an app there is nobody to keep away. */
export async function lookAtMetadataWall({ deps }: Look): Promise<Found[]> {
  if (deps.metadataWall.mode === 'off' || (await listDeployments(deps.db)).length === 0) return []
  const { ok, detail } = await deps.metadataWall.check()
  if (ok) return []
  return [
    {
      id: 'machine:metadata-wall',
      kind: 'machine',
      severity: 'warning',
      message: `The metadata service of this machine (169.254.169.254), which can hold its credentials, is not closed to all apps and builds: ${detail}.`,
      remedy: {
        text: 'Let systemd run the engine, let it use iptables, and let Slipway run as root or as the service (scripts/up --service). On a machine without such a service, or where apps are to reach it, set SLIPWAY_METADATA_WALL=off: docs/security.md.',
        automatic: false,
        safe: false,
      },
    },
  ]
}
