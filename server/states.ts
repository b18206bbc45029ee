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

/** Who or what asked for a release. */
export const causeKinds = ['user', 'push', 'poll', 'pull_request', 'restore'] as const
export type CauseKind = (typeof causeKinds)[number]

/** How a webhook at GitHub stands: made and heard from, made only, or why there is none (then pushes are polled for). */
export const webhookStates = ['active', 'created', 'unavailable'] as const
export type WebhookState = (typeof webhookStates)[number]

/** A run of a scheduled job. */
export const runStates = ['running', 'succeeded', 'failed', 'skipped'] as const
export type RunState = (typeof runStates)[number]

/** Where news can go, and what is news. */
export const channelKinds = ['webhook', 'slack', 'discord', 'email'] as const
export type ChannelKind = (typeof channelKinds)[number]
export const newsKinds = [
  'deploy-failed',
  'deploy-recovered',
  'app-down',
  'app-recovered',
  'disk-nearly-full',
  'backup-failed',
] as const
export type NewsKind = (typeof newsKinds)[number]
/** How the way to a mail server is encrypted: from the first byte, after a greeting, or not at all. */
export const mailSecurities = ['tls', 'starttls', 'none'] as const
export type MailSecurity = (typeof mailSecurities)[number]

/** How a backup stands, and who asked for it. */
export const backupStates = ['running', 'succeeded', 'failed'] as const
export type BackupState = (typeof backupStates)[number]
export const backupCauses = ['schedule', 'user'] as const
export type BackupCause = (typeof backupCauses)[number]
/** What is done to an app while its volumes are read: its processes are frozen, or it is ended and started again. */
export const backupHolds = ['pause', 'stop'] as const
export type BackupHold = (typeof backupHolds)[number]
/** What a backup does at the moment. */
export const backupPhases = ['database', 'volumes', 'check', 'upload'] as const
export type BackupPhase = (typeof backupPhases)[number]
