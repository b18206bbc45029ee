import { setBuildGuard } from '../../adapters/build-guard.ts'
import { checkMachine, type MachineCheck } from '../check-machine.ts'
import type { Found, Look } from './finding.ts'

const REMEDIES = {
  engine: 'Start the Docker engine: systemctl start docker.',
  nginx: 'Start nginx, or install it: apt-get install nginx-light.',
  disk: 'Free some space: docker system df shows what takes it.',
  database: 'Look at the server log and at the disk.',
}

/** What a deploy needs of this machine and does not have. */
export async function lookAtMachine({ deps }: Look): Promise<Found[]> {
  const checks = Object.entries(await checkMachine(deps)) as [keyof typeof REMEDIES, MachineCheck][]
  return checks
    .filter(([, { ok }]) => !ok)
    .map(([name, { detail, remedy }]) => ({
      id: `machine:${name}`,
      kind: 'machine',
      severity: 'error',
      message: detail,
      remedy: { text: remedy ?? REMEDIES[name], automatic: name === 'nginx', safe: true },
      ...(name === 'nginx' && { mend: () => deps.nginx.start() }),
    }))
}

export async function lookAtBuildGuard({ deps }: Look): Promise<Found[]> {
  const { ok, detail } = await setBuildGuard(deps.config.buildMemoryMb)
  if (ok) return []
  const text =
    'Write the limits as root, or accept that a build may use all of the machine: docs/operating.md says how.'
  const remedy = { text, automatic: false, safe: false }
  return [{ id: 'machine:build-guard', kind: 'machine', severity: 'warning', message: detail, remedy }]
}
