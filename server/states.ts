/** The words for how things stand, once for the tables, the API and the UI. */

export const deploymentStatuses = [
  'queued',
  'building',
  'deploying',
  'running',
  'stopped',
  'failed',
  'stuck',
  'deleting',
] as const
export type DeploymentStatus = (typeof deploymentStatuses)[number]

/**
 * queued → running → live → retiring → retired → pruned (its image is gone too); a release that fails goes
 * running → undoing → failed.
 */
export const releaseStatuses = [
  'queued',
  'running',
  'live',
  'retiring',
  'retired',
  'pruned',
  'undoing',
  'failed',
] as const
export type ReleaseStatus = (typeof releaseStatuses)[number]
/** On its way to be live, or to be gone. */
export const movingStatuses: readonly ReleaseStatus[] = ['queued', 'running', 'undoing', 'retiring']

export const ledgerStates = ['pending', 'present', 'removing', 'removed'] as const
export type LedgerState = (typeof ledgerStates)[number]

export const stepStates = ['running', 'done', 'failed', 'undoing', 'undone'] as const
export type StepState = (typeof stepStates)[number]

/** What an API token may do: `read` only asks, `write` also changes. */
export const tokenScopes = ['read', 'write'] as const
export type TokenScope = (typeof tokenScopes)[number]

/** The neighbours that Slipway works with. */
export const connectionNames = ['cloudflare', 'github'] as const
export type ConnectionName = (typeof connectionNames)[number]
