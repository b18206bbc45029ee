import type { Answer, Ask } from './github-api.ts'

/** What Slipway asks of a token or an App at a repository. */
export type Permission = {
  /** As GitHub's API calls it. */
  key: string
  label: string
  level: 'Read-only' | 'Read and write'
  /** What does not work without it. */
  without: string
  /** It is a matter of taste: an answer in the negative is no failure. */
  isOptional?: boolean
  /** Asks for something that needs it, in a way that changes nothing. */
  probe(ask: Ask, repository: string, signal?: AbortSignal): Promise<Answer>
}

/** A commit that no repository has, and a branch: what is asked for them needs the permission, and changes nothing. */
const NO_COMMIT = '0'.repeat(40)
const NO_BRANCH = 'slipway-permission-check/none'

const read = (path: string) => (ask: Ask, repository: string, signal?: AbortSignal) =>
  ask('GET', `/repos/${repository}/${path}`, signal)
const write = (path: string, body: object) => (ask: Ask, repository: string, signal?: AbortSignal) =>
  ask('POST', `/repos/${repository}/${path}`, signal, body)

/** The names are those of GitHub's settings, so that they are found there. */
export const PERMISSIONS: readonly Permission[] = [
  {
    key: 'contents',
    label: 'Contents',
    level: 'Read-only',
    without: 'Private repositories cannot be cloned without it.',
    probe: read('commits?per_page=1'),
  },
  {
    key: 'statuses',
    label: 'Commit statuses',
    level: 'Read and write',
    without: 'Without it commits do not show whether they are live.',
    probe: write(`statuses/${NO_COMMIT}`, { state: 'pending', context: 'slipway-permission-check' }),
  },
  {
    key: 'repository_hooks',
    label: 'Webhooks',
    level: 'Read and write',
    without: 'Without it pushes are polled for instead of heard of at once.',
    // Without an address it is refused, once the permission is there.
    probe: write('hooks', { name: 'web', active: false, events: ['push'], config: {} }),
  },
  {
    key: 'deployments',
    label: 'Deployments',
    level: 'Read and write',
    without: 'Without it the repository’s page lists no deployments.',
    probe: write('deployments', { ref: NO_COMMIT, auto_merge: false, environment: NO_BRANCH }),
  },
  {
    key: 'pull_requests',
    label: 'Pull requests',
    level: 'Read and write',
    without: 'Without it previews leave no comment with their address.',
    probe: write('pulls', { title: NO_BRANCH, head: NO_BRANCH, base: NO_BRANCH }),
  },
  {
    key: 'administration',
    label: 'Administration',
    level: 'Read and write',
    without: 'Only deploy keys need it: without it they are added by hand.',
    isOptional: true,
    probe: write('keys', { title: NO_BRANCH, key: 'none', read_only: true }),
  },
]

export const nameOf = ({ label, level }: Permission) => `${label} → ${level}`
