import {
  backupCauses,
  backupHolds,
  backupPhases,
  backupStates,
  causeKinds,
  channelKinds,
  connectionNames,
  deploymentStatuses,
  ledgerStates,
  mailSecurities,
  newsKinds,
  releaseStatuses,
  runStates,
  stepStates,
  tokenScopes,
  webhookStates,
} from '../states.ts'
import { type Static, Type } from './type.ts'

/** What the API answers: one schema for the description, the server's replies and the UI's types. */

type Schema = Parameters<typeof Type.Array>[0]
const nullable = <T extends Schema>(schema: T) => Type.Union([schema, Type.Null()])
const Id = Type.String({ format: 'uuid' })
/** ISO 8601 in UTC. */
const Time = Type.String({ format: 'date-time' })

export const UserView = Type.Object({ id: Id, username: Type.String() })
export type UserView = Static<typeof UserView>

/** Who makes the request. `scope` is that of the API token, and `write` for a session of the UI. */
export const VisitorView = Type.Object({ user: UserView, expiresAt: nullable(Time), scope: Type.Enum(tokenScopes) })
export type VisitorView = Static<typeof VisitorView>

/** A session: `token` is the Bearer, which is also set as a cookie. */
export const LoginView = Type.Object({ token: Type.String(), expiresAt: Time, user: UserView })
export type LoginView = Static<typeof LoginView>

export const ErrorView = Type.Object({
  step: Type.Optional(Type.String()),
  code: Type.String(),
  message: Type.String(),
  hint: Type.Optional(Type.String()),
  /** Where an app listens that was asked at another port. */
  port: Type.Optional(Type.Integer()),
})
export type ErrorView = Static<typeof ErrorView>

export const CommitView = Type.Object({ sha: Type.String(), message: Type.String(), author: Type.String(), at: Time })
export type CommitView = Static<typeof CommitView>

const OverridesView = Type.Object({
  dockerfile: Type.Optional(Type.String()),
  target: Type.Optional(Type.String()),
  installCommand: Type.Optional(Type.String()),
  buildCommand: Type.Optional(Type.String()),
  startCommand: Type.Optional(Type.String()),
  releaseCommand: Type.Optional(Type.String()),
  preDeployCommand: Type.Optional(Type.String()),
  postDeployCommand: Type.Optional(Type.String()),
  outputDir: Type.Optional(Type.String()),
  port: Type.Optional(Type.Integer()),
  healthPath: Type.Optional(Type.String()),
  memoryMb: Type.Optional(Type.Integer()),
  cpus: Type.Optional(Type.Number()),
  startTimeoutSeconds: Type.Optional(Type.Integer()),
  stopSeconds: Type.Optional(Type.Integer()),
})

const VolumeView = Type.Object({ name: Type.String(), path: Type.String() })

const DeliveryView = Type.Object({
  autoDeploy: Type.Boolean(),
  watchPaths: Type.Array(Type.String()),
  keepReleases: Type.Integer(),
  previews: Type.Object({
    isEnabled: Type.Boolean(),
    most: Type.Integer(),
    days: Type.Integer(),
    forks: Type.Boolean(),
    memoryMb: Type.Optional(Type.Integer()),
    cpus: Type.Optional(Type.Number()),
  }),
})

/** Whether GitHub tells of pushes, or why they are polled for. */
const WebhookView = Type.Object({
  state: Type.Enum(webhookStates),
  reason: Type.Optional(Type.String()),
  heardAt: Type.Optional(Time),
  checkedAt: Type.Optional(Time),
})

/** One event that GitHub told of. */
const DeliveryRecordView = Type.Object({
  id: Type.String(),
  event: Type.String(),
  at: Time,
  ref: nullable(Type.String()),
  sha: nullable(Type.String()),
  deployed: Type.Boolean(),
  /** What came of it, in a sentence. */
  reason: Type.String(),
})

/** What GitHub told of one deployment, and whether its branch is asked for besides. */
export const DeliveriesView = Type.Object({ deliveries: Type.Array(DeliveryRecordView), isPolled: Type.Boolean() })
export type DeliveriesView = Static<typeof DeliveriesView>

const PullRequestView = Type.Object({
  number: Type.Integer(),
  title: Type.String(),
  author: Type.String(),
  branch: Type.String(),
  sha: Type.String(),
  isFork: Type.Boolean(),
  url: Type.String(),
  approvedSha: Type.Optional(Type.String()),
})

export const DeploymentView = Type.Object({
  id: Id,
  name: Type.String(),
  githubUrl: Type.String(),
  branch: nullable(Type.String()),
  rootDir: Type.String(),
  subdomain: Type.String(),
  url: nullable(Type.String()),
  port: nullable(Type.Integer()),
  status: Type.Enum(deploymentStatuses),
  template: nullable(Type.String()),
  /** The template the user chose; null lets the repository decide. */
  chosenTemplate: nullable(Type.String()),
  release: nullable(Type.Integer()),
  /** The release that serves traffic now. */
  liveRelease: nullable(Type.Integer()),
  /** True while a release is queued, on its way, being undone or cleaned up after. */
  isBusy: Type.Boolean(),
  /** True while a deploy waits or works that `cancel` would end. */
  canCancel: Type.Boolean(),
  /** True from the moment its removal was asked for, also while that is stuck. */
  isDeleting: Type.Boolean(),
  /** Whether its volumes outlive it; chosen when its removal is asked for. */
  keepsVolumes: Type.Boolean(),
  commit: nullable(CommitView),
  containerId: nullable(Type.String()),
  dockerImage: nullable(Type.String()),
  overrides: OverridesView,
  volumes: Type.Array(VolumeView),
  delivery: DeliveryView,
  webhook: nullable(WebhookView),
  /** Of a preview: the deployment it belongs to, its pull request, and when it goes by itself. */
  previewOf: nullable(Id),
  pullRequest: nullable(PullRequestView),
  expiresAt: nullable(Time),
  createdAt: Time,
  updatedAt: Time,
  /** When the newest release was asked for. */
  deployedAt: nullable(Time),
  error: Type.Optional(ErrorView),
})
export type DeploymentView = Static<typeof DeploymentView>

export const StepView = Type.Object({
  name: Type.String(),
  state: Type.Enum(['pending', ...stepStates]),
  /** False when it is over and found nothing to do: no Cloudflare, no volumes, no release before this one. */
  isNeeded: Type.Boolean(),
  startedAt: nullable(Time),
  endedAt: nullable(Time),
  error: Type.Optional(ErrorView),
})
export type StepView = Static<typeof StepView>

export const StatusView = Type.Object({
  status: Type.Enum(deploymentStatuses),
  release: nullable(Type.Integer()),
  releaseStatus: nullable(Type.Enum(releaseStatuses)),
  step: nullable(Type.String()),
  steps: Type.Array(StepView),
  error: Type.Optional(ErrorView),
})
export type StatusView = Static<typeof StatusView>

export const ReleaseView = Type.Object({
  release: Type.Integer(),
  status: Type.Enum(releaseStatuses),
  commit: nullable(CommitView),
  rolledBackTo: nullable(Type.Integer()),
  /** Who or what asked for it. */
  cause: Type.Object({
    kind: Type.Enum(causeKinds),
    by: Type.Optional(Type.String()),
    sha: Type.Optional(Type.String()),
  }),
  /** The code of what ended it before it was live, such as `superseded`. */
  failure: nullable(Type.String()),
  template: nullable(Type.String()),
  createdAt: Time,
  updatedAt: Time,
  /** When its first step began and its last one ended; null before. What was undone later does not count. */
  startedAt: nullable(Time),
  endedAt: nullable(Time),
})
export type ReleaseView = Static<typeof ReleaseView>

/** What another release, or the next one, would change. Without `before` and `after` where the values are a secret's. */
export const DifferenceView = Type.Object({
  commit: nullable(Type.Object({ before: nullable(CommitView), after: nullable(CommitView) })),
  variables: Type.Array(
    Type.Object({
      key: Type.String(),
      change: Type.Enum(['added', 'removed', 'changed']),
      secret: Type.Boolean(),
      before: Type.Optional(nullable(Type.String())),
      after: Type.Optional(nullable(Type.String())),
    }),
  ),
  /** By their names in the API; null is what is left to the repository. */
  settings: Type.Array(
    Type.Object({ name: Type.String(), before: nullable(Type.String()), after: nullable(Type.String()) }),
  ),
})
export type DifferenceView = Static<typeof DifferenceView>

/** Who changed which variables, of the app or of its previews; no values. */
export const EnvHistoryView = Type.Object({
  at: Time,
  actor: Type.String(),
  of: Type.Union([Type.Literal('app'), Type.Literal('previews')]),
  added: Type.Array(Type.String()),
  changed: Type.Array(Type.String()),
  removed: Type.Array(Type.String()),
})
export type EnvHistoryView = Static<typeof EnvHistoryView>

/** `value` of a secret is masked. */
export const EnvView = Type.Object({
  key: Type.String(),
  value: Type.String(),
  secret: Type.Boolean(),
  buildTime: Type.Boolean(),
})
export type EnvView = Static<typeof EnvView>

export const LedgerView = Type.Object({
  release: Type.Integer(),
  step: Type.String(),
  kind: Type.String(),
  name: Type.String(),
  state: Type.Enum(ledgerStates),
  at: Time,
  error: Type.Optional(Type.String()),
})
export type LedgerView = Static<typeof LedgerView>

export const ReceiptView = Type.Object({
  deploymentId: Id,
  name: Type.String(),
  subdomain: Type.String(),
  githubUrl: Type.String(),
  createdAt: Time,
  removedAt: Time,
  entries: Type.Array(
    Type.Object({
      release: Type.Integer(),
      step: Type.String(),
      kind: Type.String(),
      name: Type.String(),
      removedAt: nullable(Time),
      verified: Type.Boolean(),
      kept: Type.Optional(Type.Boolean()),
    }),
  ),
})
export type ReceiptView = Static<typeof ReceiptView>

export const LogLineView = Type.Object({
  seq: Type.Integer(),
  at: Time,
  stream: Type.String(),
  level: Type.String(),
  text: Type.String(),
})
export type LogLineView = Static<typeof LogLineView>

export const PortsView = Type.Object({
  range: Type.Object({ from: Type.Integer(), to: Type.Integer() }),
  ports: Type.Array(
    Type.Object({
      port: Type.Integer(),
      isAllocated: Type.Boolean(),
      deploymentId: nullable(Id),
      release: nullable(Type.Integer()),
      allocatedAt: nullable(Time),
      releasedAt: nullable(Time),
      blockedReason: Type.Optional(Type.String()),
      blockedAt: Type.Optional(nullable(Time)),
    }),
  ),
})
export type PortsView = Static<typeof PortsView>

export const DomainView = Type.Object({
  subdomain: Type.String(),
  hostname: Type.String(),
  deploymentId: Id,
  port: nullable(Type.Integer()),
  vhost: Type.Boolean(),
  tunnel: Type.Boolean(),
  dns: Type.Boolean(),
})
export type DomainView = Static<typeof DomainView>

export const AvailabilityView = Type.Object({
  subdomain: Type.String(),
  hostname: Type.String(),
  available: Type.Boolean(),
  /** Why it cannot be had. */
  reason: Type.Optional(Type.String()),
  /** What could not be found out: it may be in use at Cloudflare. */
  note: Type.Optional(Type.String()),
})
export type AvailabilityView = Static<typeof AvailabilityView>

/** What a typed repository is. `isPrivate`: it can be read with SLIPWAY_GITHUB_TOKEN only. */
export const RepositoryView = Type.Object({
  url: Type.String(),
  owner: Type.String(),
  name: Type.String(),
  /** Named in the typed address (`/tree/<branch>/<dir>`); else null. */
  branch: nullable(Type.String()),
  rootDir: Type.String(),
  defaultBranch: nullable(Type.String()),
  branches: Type.Array(Type.String()),
  isPrivate: Type.Boolean(),
  /** A free one, made from the repository's name. */
  suggestedSubdomain: Type.String(),
})
export type RepositoryView = Static<typeof RepositoryView>

export const PlanView = Type.Object({
  subdomain: Type.String(),
  hostname: Type.String(),
  url: nullable(Type.String()),
  branch: Type.String(),
  commit: CommitView,
  template: Type.String(),
  framework: Type.String(),
  commands: Type.Object({
    install: Type.Optional(Type.String()),
    build: Type.Optional(Type.String()),
    start: Type.Optional(Type.String()),
    release: Type.Optional(Type.String()),
  }),
  notes: Type.Array(Type.String()),
  dockerfile: nullable(Type.String()),
  dockerfilePath: nullable(Type.String()),
  port: nullable(Type.Integer()),
  healthPath: Type.String(),
  effects: Type.Array(Type.Object({ step: Type.String(), kind: Type.String(), name: Type.String() })),
  problems: Type.Array(Type.Object({ step: Type.String(), code: Type.String(), message: Type.String() })),
})
export type PlanView = Static<typeof PlanView>

export const FindingView = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['machine', 'orphan', 'drift', 'stuck', 'quarantine', 'kept']),
  severity: Type.Enum(['error', 'warning', 'note']),
  message: Type.String(),
  /** The app it is about; of what is kept, the one that was deleted: it has a receipt. */
  deploymentId: Type.Optional(Id),
  remedy: Type.Object({ text: Type.String(), automatic: Type.Boolean(), safe: Type.Boolean() }),
})
export type FindingView = Static<typeof FindingView>

/** `kept`: what users chose to keep when they deleted an app. Nothing is wrong with it. */
export const ExaminationView = Type.Object({
  findings: Type.Array(FindingView),
  kept: Type.Array(FindingView),
  checkedAt: Time,
})
export type ExaminationView = Static<typeof ExaminationView>

export const RepairView = Type.Object({
  repaired: Type.Array(Type.String()),
  failed: Type.Array(Type.Object({ id: Type.String(), message: Type.String() })),
})
export type RepairView = Static<typeof RepairView>

export const AuditView = Type.Object({
  id: Type.Integer(),
  at: Time,
  actor: Type.String(),
  address: Type.String(),
  action: Type.String(),
  target: Type.String(),
  detail: Type.Any(),
})
export type AuditView = Static<typeof AuditView>

const TemplateView = Type.Object({
  name: Type.String(),
  title: Type.String(),
  description: Type.String(),
  detect: Type.Array(Type.String()),
  /** `run`: its example is deployed and answers in Slipway's own tests. `plan`: only how it is built is tested. */
  proof: Type.Enum(['run', 'plan']),
  port: nullable(Type.Integer()),
  healthPath: Type.String(),
})

/** What Slipway can build, and what an app may use when nothing else is said. */
export const CatalogView = Type.Object({
  templates: Type.Array(TemplateView),
  defaults: Type.Object({
    memoryMb: Type.Integer(),
    cpus: Type.Number(),
    startTimeoutSeconds: Type.Integer(),
    stopSeconds: Type.Integer(),
  }),
})
export type CatalogView = Static<typeof CatalogView>

/** CPU as a share of one core (1 = one core busy); of the machine as a share of all (0 to 1). Sizes in bytes. */
export const MachineSample = Type.Object({
  at: Time,
  cpu: Type.Number(),
  memoryUsed: Type.Number(),
  diskUsed: Type.Number(),
})
export type MachineSample = Static<typeof MachineSample>

export const AppSample = Type.Object({
  deploymentId: Id,
  cpu: nullable(Type.Number()),
  memory: Type.Number(),
  memoryLimit: Type.Number(),
})
export type AppSample = Static<typeof AppSample>

export const StatsView = Type.Object({
  machine: Type.Object({
    cores: Type.Integer(),
    memoryTotal: Type.Number(),
    diskTotal: Type.Number(),
    now: MachineSample,
    /** Oldest first, one every `intervalSeconds`. */
    history: Type.Array(MachineSample),
    intervalSeconds: Type.Number(),
  }),
  apps: Type.Array(AppSample),
})
export type StatsView = Static<typeof StatsView>

export const DiskView = Type.Object({
  checkedAt: Time,
  disks: Type.Array(Type.Object({ folder: Type.String(), total: Type.Number(), free: Type.Number() })),
  warnPercent: Type.Integer(),
  stopPercent: Type.Integer(),
  /** Largest first. */
  apps: Type.Array(
    Type.Object({
      deploymentId: Type.String(),
      name: Type.String(),
      images: Type.Number(),
      containers: Type.Number(),
      volumes: Type.Number(),
      logs: Type.Number(),
      total: Type.Number(),
      /** What is left of an app that was deleted. */
      isGone: Type.Boolean(),
    }),
  ),
  others: Type.Object({ buildCache: Type.Number(), otherImages: Type.Number(), slipway: Type.Number() }),
})
export type DiskView = Static<typeof DiskView>

const CheckView = Type.Object({ ok: Type.Boolean(), detail: Type.String() })
export const HealthView = Type.Object({
  status: Type.Enum(['ok', 'degraded']),
  version: Type.String(),
  uptime: Type.Integer(),
  timestamp: Time,
  checks: Type.Object({ engine: CheckView, nginx: CheckView, disk: CheckView, database: CheckView }),
})
export type HealthView = Static<typeof HealthView>

export const SessionView = Type.Object({
  id: Id,
  createdAt: Time,
  expiresAt: Time,
  lastSeenAt: Time,
  address: Type.String(),
  userAgent: Type.String(),
  isCurrent: Type.Boolean(),
})
export type SessionView = Static<typeof SessionView>

export const TokenView = Type.Object({
  id: Id,
  name: Type.String(),
  scope: Type.Enum(tokenScopes),
  /** The first characters, to tell tokens apart. */
  prefix: Type.String(),
  createdAt: Time,
  expiresAt: nullable(Time),
  lastUsedAt: nullable(Time),
})
export type TokenView = Static<typeof TokenView>

/** The GitHub App and where it is installed. Its key and its secrets are not shown. */
export const GithubAppView = Type.Object({
  app: nullable(
    Type.Object({
      name: Type.String(),
      slug: Type.String(),
      htmlUrl: Type.String(),
      installUrl: Type.String(),
      hasWebhook: Type.Boolean(),
    }),
  ),
  installations: Type.Array(
    Type.Object({
      id: Type.Integer(),
      account: Type.String(),
      selection: Type.String(),
      url: Type.String(),
      isSuspended: Type.Boolean(),
    }),
  ),
  /** Why GitHub could not be asked. */
  problem: Type.Optional(Type.String()),
})

export type GithubAppView = Static<typeof GithubAppView>

/** What a browser posts to GitHub: `manifest`, as JSON, is the one field of a form whose address is `action`. */
export const ManifestView = Type.Object({ action: Type.String(), manifest: Type.Any() })
export type ManifestView = Static<typeof ManifestView>

/** An SSH key that reads one repository. Its private part is not shown. */
export const DeployKeyView = Type.Object({
  id: Type.String(),
  githubUrl: Type.String(),
  publicKey: Type.String(),
  /** Where it is added by hand, when no token may do that. */
  addAt: Type.String(),
  /** The deployment that has it. */
  deploymentId: nullable(Type.String()),
  createdAt: Time,
})
export type DeployKeyView = Static<typeof DeployKeyView>

/** Where news goes. `target` names it; the address of a webhook and the password for mail are never shown. */
export const ChannelView = Type.Object({
  id: Id,
  name: Type.String(),
  kind: Type.Enum(channelKinds),
  events: Type.Array(Type.Enum(newsKinds)),
  isEnabled: Type.Boolean(),
  target: Type.String(),
  mail: nullable(
    Type.Object({
      host: Type.String(),
      port: Type.Integer(),
      security: Type.Enum(mailSecurities),
      user: nullable(Type.String()),
      passwordIsSet: Type.Boolean(),
      from: Type.String(),
      to: Type.Array(Type.String()),
    }),
  ),
  lastSentAt: nullable(Time),
  /** Why the last sending failed, in words; null when it did not. */
  lastError: nullable(Type.String()),
  createdAt: Time,
})
export type ChannelView = Static<typeof ChannelView>

/** What the far side said to a test, in words. */
export const ChannelTestView = Type.Object({ ok: Type.Boolean(), message: Type.String() })
export type ChannelTestView = Static<typeof ChannelTestView>

/** A neighbour that Slipway works with. `settings` names each setting and whether it is given; values are never shown. */
export const ConnectionView = Type.Object({
  name: Type.Enum(connectionNames),
  isConfigured: Type.Boolean(),
  url: Type.String(),
  settings: Type.Array(Type.Object({ name: Type.String(), isSet: Type.Boolean(), isRequired: Type.Boolean() })),
  /** Of GitHub: where its token comes from, what its App is called, and how many deploy keys there are. */
  github: Type.Optional(
    Type.Object({
      token: nullable(Type.Enum(['environment', 'settings'])),
      app: nullable(Type.String()),
      deployKeys: Type.Integer(),
    }),
  ),
})
export type ConnectionView = Static<typeof ConnectionView>

/** What a test of a connection found, permission by permission. */
export const ConnectionTestView = Type.Object({
  ok: Type.Boolean(),
  checks: Type.Array(
    Type.Object({
      /** What was tried, such as “Zone → DNS → Edit”. */
      name: Type.String(),
      ok: Type.Boolean(),
      message: Type.String(),
      /** Of the app it is about. */
      hostname: Type.Optional(Type.String()),
    }),
  ),
})
export type ConnectionTestView = Static<typeof ConnectionTestView>

export const RunView = Type.Object({
  id: Type.Integer(),
  /** The release that it ran in; 0 when none was live. */
  release: Type.Integer(),
  startedAt: Time,
  endedAt: nullable(Time),
  state: Type.Enum(runStates),
  exitCode: nullable(Type.Integer()),
  /** Why it failed or was skipped, or what it waits for. */
  message: nullable(Type.String()),
})
export type RunView = Static<typeof RunView>

/** `log` is what it printed so far, without secrets: the last 200 kB. */
export const RunLogView = Type.Object({ run: RunView, log: Type.String() })
export type RunLogView = Static<typeof RunLogView>

export const ScheduleView = Type.Object({
  id: Id,
  name: Type.String(),
  cron: Type.String(),
  timeZone: Type.String(),
  command: Type.String(),
  timeoutSeconds: Type.Integer(),
  isEnabled: Type.Boolean(),
  /** The next three times it is due; empty while it is switched off. */
  next: Type.Array(Time),
  lastRun: nullable(RunView),
  createdAt: Time,
  updatedAt: Time,
})
export type ScheduleView = Static<typeof ScheduleView>

/** A backup: `place` is where its file lies. `message`: why it failed, or what went wrong after it was made. */
export const BackupView = Type.Object({
  id: Id,
  name: Type.String(),
  state: Type.Enum(backupStates),
  cause: Type.Enum(backupCauses),
  place: Type.String(),
  size: nullable(Type.Integer()),
  apps: nullable(Type.Integer()),
  volumes: nullable(Type.Integer()),
  message: nullable(Type.String()),
  startedAt: Time,
  endedAt: nullable(Time),
})
export type BackupView = Static<typeof BackupView>

/** `running`: how far the one is that is being made. `restored`: this machine came from a backup, and removes nothing yet. */
export const BackupsView = Type.Object({
  backups: Type.Array(BackupView),
  running: nullable(
    Type.Object({
      id: Id,
      phase: Type.Enum(backupPhases),
      /** The app whose data is being read. */
      app: nullable(Type.String()),
      /** Of the file, so many were written or sent. */
      bytes: Type.Integer(),
    }),
  ),
  isSetUp: Type.Boolean(),
  nextAt: nullable(Time),
  restored: nullable(Type.Object({ at: Time, madeAt: Time, name: Type.String() })),
})
export type BackupsView = Static<typeof BackupsView>

/** Passphrase and secret key are never shown. `settings` is null until backups are set up. */
export const BackupSettingsView = Type.Object({
  settings: nullable(
    Type.Object({
      isEnabled: Type.Boolean(),
      cron: Type.String(),
      timeZone: Type.String(),
      hold: Type.Enum(backupHolds),
      keep: Type.Object({ last: Type.Integer(), daily: Type.Integer(), weekly: Type.Integer() }),
      folder: nullable(Type.String()),
      s3: nullable(
        Type.Object({
          endpoint: Type.String(),
          region: Type.String(),
          bucket: Type.String(),
          prefix: Type.String(),
          accessKeyId: Type.String(),
        }),
      ),
    }),
  ),
  /** In the data folder, on the disk of this machine. */
  ownFolder: Type.String(),
})
export type BackupSettingsView = Static<typeof BackupSettingsView>
