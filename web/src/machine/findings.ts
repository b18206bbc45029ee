import type { FindingView } from '../../../server/http/views.ts'

export type Kind = FindingView['kind']

/** The groups of findings, the gravest first, with what each kind means. */
export const kinds: { kind: Kind; title: string; lead: string }[] = [
  { kind: 'machine', title: 'The machine', lead: 'What deploys need, and what is wrong with it.' },
  { kind: 'stuck', title: 'Stuck', lead: 'Something that should be gone will not go.' },
  { kind: 'drift', title: 'Missing or changed', lead: 'Apps that run, but not as they were deployed.' },
  { kind: 'quarantine', title: 'Put aside', lead: 'Vhosts that nginx refuses. The others go on without them.' },
  { kind: 'orphan', title: 'Orphans', lead: 'They carry Slipway’s mark, but belong to no app.' },
  { kind: 'kept', title: 'Kept data', lead: 'Nothing is wrong with it: it was kept when an app was deleted.' },
]

export const severities = {
  error: { tone: 'bad', word: 'Error' },
  warning: { tone: 'warn', word: 'Warning' },
  note: { tone: 'none', word: 'Note' },
} as const

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
  if (kind === 'orphan' || kind === 'kept' || (kind === 'quarantine' && !remedy.safe)) return 'Remove'
  if (kind === 'drift') return remedy.safe ? 'Put back' : 'Deploy again'
  if (kind === 'stuck') return 'Try again'
  if (kind === 'quarantine') return 'Write anew'
  if (id.startsWith('machine:cloudflare:shadow:')) return 'Deploy again'
  if (id !== 'machine:nginx') return 'Repair'
  return remedy.text.startsWith('Load') ? 'Load it again' : 'Start nginx'
}

export const isAutomatic = ({ remedy }: FindingView) => remedy.automatic
export const isSafe = ({ remedy }: FindingView) => remedy.automatic && remedy.safe
export const isVolume = ({ id }: FindingView) => /^(orphan|kept):volume:/.test(id)

/** Where to go on with a finding: to its app, or to what tells more. */
export function linkFor({ id, kind, deploymentId }: FindingView): { href: string; text: string } | undefined {
  if (deploymentId !== undefined)
    return kind === 'kept'
      ? { href: `/receipts/${deploymentId}`, text: 'Open the receipt' }
      : { href: `/apps/${deploymentId}`, text: 'Open the app' }
  if (id.startsWith('machine:cloudflare')) return { href: '/settings/connections', text: 'Test the connection' }
  return undefined
}

const COMMANDS: Record<string, string> = {
  'machine:engine': 'sudo systemctl start docker',
  'machine:disk': 'docker system df',
  'machine:database': 'journalctl -u slipway -o cat -n 100',
  'machine:build-guard': 'sudo ./scripts/up --service',
  'machine:metadata-wall': 'sudo journalctl -u slipway-metadata -n 20',
}

/** What to type on the machine where Slipway cannot help itself. How nginx is to be helped stands in its remedy. */
export function commandFor({ id, remedy }: FindingView): string | undefined {
  if (remedy.automatic) return undefined
  if (id !== 'machine:nginx') return COMMANDS[id]
  const [command] = /(systemctl|apt-get) [a-z -]+[a-z]/.exec(remedy.text) ?? []
  return command && `sudo ${command}`
}
