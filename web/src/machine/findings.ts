import type { FindingView } from '../../../server/http/views.ts'

export type Kind = FindingView['kind']

/** The groups of findings, the gravest first, with what each kind means. */
export const kinds: { kind: Kind; title: string; lead: string }[] = [
  { kind: 'machine', title: 'The machine', lead: 'What deploys need, and what is wrong with it.' },
  { kind: 'stuck', title: 'Stuck', lead: 'Something that should be gone will not go.' },
  { kind: 'drift', title: 'Missing or changed', lead: 'Apps that run, but not as they were deployed.' },
  { kind: 'quarantine', title: 'Put aside', lead: 'Vhosts that nginx refuses. The others go on without them.' },
  { kind: 'orphan', title: 'Orphans', lead: 'They carry Slipway’s mark, but belong to no app.' },
]

/** By kind, the gravest first; kinds without findings are left out. */
export function groupFindings(findings: FindingView[]) {
  const bySeverity = [...findings].sort(
    (a, b) => Number(b.severity === 'error') - Number(a.severity === 'error') || a.id.localeCompare(b.id),
  )
  return kinds
    .map((it) => ({ ...it, findings: bySeverity.filter(({ kind }) => kind === it.kind) }))
    .filter((it) => it.findings.length > 0)
}

/** What the remedy's button says. */
export function verbOf({ id, kind, remedy }: FindingView): string {
  if (kind === 'orphan' || (kind === 'quarantine' && !remedy.safe)) return 'Remove'
  if (kind === 'drift') return remedy.safe ? 'Put back' : 'Deploy again'
  if (kind === 'stuck') return 'Try again'
  if (kind === 'quarantine') return 'Write anew'
  return id === 'machine:nginx' ? 'Start nginx' : 'Repair'
}

export const isAutomatic = ({ remedy }: FindingView) => remedy.automatic
export const isSafe = ({ remedy }: FindingView) => remedy.automatic && remedy.safe
export const isVolume = ({ id }: FindingView) => id.startsWith('orphan:volume:')

const COMMANDS: Record<string, string> = {
  'machine:engine': 'sudo systemctl start docker',
  'machine:nginx': 'sudo apt-get install nginx-light',
  'machine:disk': 'docker system df',
  'machine:database': 'journalctl -u slipway -o cat -n 100',
  'machine:build-guard':
    'sudo mkdir -p /sys/fs/cgroup/docker/buildkit\necho 2G | sudo tee /sys/fs/cgroup/docker/buildkit/memory.max',
}

/** What to type on the machine where Slipway cannot help itself. */
export const commandFor = ({ id, remedy }: FindingView) => (remedy.automatic ? undefined : COMMANDS[id])
