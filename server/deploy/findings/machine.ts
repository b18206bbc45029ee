import { setBuildGuard } from '../../adapters/build-guard.ts'
import { listDeployments } from '../../db/deployments.ts'
import { AppError } from '../../errors.ts'
import { checkMachine, type MachineCheck } from '../check-machine.ts'
import type { Found, Look } from './finding.ts'

const REMEDIES = {
  engine: 'Start the Docker engine: systemctl start docker.',
  nginx: 'Look at the error log of nginx.',
  disk: 'Free some space: docker system df shows what takes it.',
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

export async function lookAtBuildGuard({ deps }: Look): Promise<Found[]> {
  const { ok, detail } = await setBuildGuard(deps.config.buildMemoryMb)
  if (ok) return []
  const text =
    'Write the limits as root, or accept that a build may use all of the machine: docs/operating.md says how.'
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
