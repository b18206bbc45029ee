import {
  APP_NAME,
  BACKUP_FOLDER,
  CHANNEL_NAME,
  COMMAND,
  CPUS,
  CRON,
  DOCKERFILE,
  HEALTH_PATH,
  HOOK_URL,
  KEEP_BACKUPS,
  KEEP_RELEASES,
  MAIL_ADDRESS,
  MAIL_HOST,
  MAIL_PASSWORD,
  MAIL_USER,
  MEMORY_MB,
  MOST_PREVIEWS,
  MOST_RECIPIENTS,
  MOST_VOLUMES,
  OUTPUT_DIR,
  PASSPHRASE,
  PORT,
  PREVIEW_DAYS,
  S3_BUCKET,
  S3_ENDPOINT,
  S3_KEY,
  S3_PREFIX,
  S3_REGION,
  SCHEDULE_NAME,
  SCHEDULE_TIMEOUT,
  START_TIMEOUT,
  STOP_SECONDS,
  TARGET,
  TEMPLATE,
  TIME_ZONE,
  TOKEN_NAME,
  VOLUME_NAME,
  VOLUME_PATH,
  WATCH_PATH,
} from '../limits.ts'
import { backupHolds, channelKinds, mailSecurities, newsKinds, tokenScopes } from '../states.ts'
import { KEY_DESCRIPTION, KEY_PATTERN, MAX_KEY_LENGTH, MOST_VARIABLES } from '../variables.ts'
import { type Static, Type } from './type.ts'

/** Schemas once for validation, types and OpenAPI. Patterns are allow-lists: what they let through is safe to name things by. */

const strict = { additionalProperties: false }

const VALUE = 'The value of a variable has at most 128 KiB, and no NUL in it.'

const EnvInput = Type.Object(
  {
    key: Type.String({
      minLength: 1,
      maxLength: MAX_KEY_LENGTH,
      pattern: KEY_PATTERN,
      description: KEY_DESCRIPTION,
    }),
    /** Left out in a change: the stored value stays. */
    value: Type.Optional(Type.String({ maxLength: 131_000, pattern: '^[^\\u0000]*$', description: VALUE })),
    secret: Type.Optional(Type.Boolean()),
    buildTime: Type.Optional(Type.Boolean()),
  },
  strict,
)

const OverridesInput = Type.Object(
  {
    dockerfile: Type.Optional(Type.String(DOCKERFILE)),
    target: Type.Optional(Type.String(TARGET)),
    installCommand: Type.Optional(Type.String(COMMAND)),
    buildCommand: Type.Optional(Type.String(COMMAND)),
    startCommand: Type.Optional(Type.String(COMMAND)),
    releaseCommand: Type.Optional(Type.String(COMMAND)),
    preDeployCommand: Type.Optional(Type.String(COMMAND)),
    postDeployCommand: Type.Optional(Type.String(COMMAND)),
    outputDir: Type.Optional(Type.String(OUTPUT_DIR)),
    port: Type.Optional(Type.Integer(PORT)),
    healthPath: Type.Optional(Type.String(HEALTH_PATH)),
    memoryMb: Type.Optional(Type.Integer(MEMORY_MB)),
    cpus: Type.Optional(Type.Number(CPUS)),
    startTimeoutSeconds: Type.Optional(Type.Integer(START_TIMEOUT)),
    stopSeconds: Type.Optional(Type.Integer(STOP_SECONDS)),
  },
  strict,
)

const VolumeInput = Type.Object({ name: Type.String(VOLUME_NAME), path: Type.String(VOLUME_PATH) }, strict)

const DeliveryInput = Type.Object(
  {
    autoDeploy: Type.Optional(Type.Boolean()),
    watchPaths: Type.Optional(Type.Array(Type.String(WATCH_PATH), { maxItems: 50 })),
    keepReleases: Type.Optional(Type.Integer(KEEP_RELEASES)),
    previews: Type.Optional(
      Type.Object(
        {
          isEnabled: Type.Optional(Type.Boolean()),
          most: Type.Optional(Type.Integer(MOST_PREVIEWS)),
          days: Type.Optional(Type.Integer(PREVIEW_DAYS)),
          forks: Type.Optional(Type.Boolean()),
          /** Null: as much as the app. */
          memoryMb: Type.Optional(Type.Union([Type.Integer(MEMORY_MB), Type.Null()])),
          cpus: Type.Optional(Type.Union([Type.Number(CPUS), Type.Null()])),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type DeliveryInput = Static<typeof DeliveryInput>

const appSettings = {
  branch: Type.Optional(Type.String({ maxLength: 200 })),
  rootDir: Type.Optional(Type.String({ maxLength: 1000 })),
  subdomain: Type.Optional(Type.String({ maxLength: 300 })),
  name: Type.Optional(Type.String(APP_NAME)),
  env: Type.Optional(Type.Array(EnvInput, { maxItems: MOST_VARIABLES })),
  /** Empty: the repository decides again. */
  template: Type.Optional(Type.String(TEMPLATE)),
  overrides: Type.Optional(OverridesInput),
  volumes: Type.Optional(Type.Array(VolumeInput, { maxItems: MOST_VOLUMES })),
  delivery: Type.Optional(DeliveryInput),
}

export const CreateInput = Type.Object(
  {
    githubUrl: Type.String({ minLength: 1, maxLength: 500 }),
    /** That of a deploy key that was made for the repository, and that no deployment has yet. */
    deployKeyId: Type.Optional(Type.String({ maxLength: 100 })),
    ...appSettings,
  },
  strict,
)
/** `deploy`: whether the change is deployed at once (as it is by default), or with the next push or redeploy. */
export const ChangeInput = Type.Object(
  { ...appSettings, deploy: Type.Optional(Type.Enum(['now', 'later'])) },
  { ...strict, minProperties: 1 },
)
export type CreateInput = Static<typeof CreateInput>
export type ChangeInput = Static<typeof ChangeInput>

export const RepositoryInput = Type.Object({ githubUrl: Type.String({ minLength: 1, maxLength: 500 }) }, strict)
export type RepositoryInput = Static<typeof RepositoryInput>

export const GithubTokenInput = Type.Object({ token: Type.String({ minLength: 1, maxLength: 500 }) }, strict)

/** `organization`: the App is to be one of an organization, not of whoever posts the form. */
export const GithubAppInput = Type.Object(
  { organization: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9-]{0,38}$' })) },
  strict,
)

export const LoginInput = Type.Object(
  { username: Type.String({ maxLength: 200 }), password: Type.String({ maxLength: 1000 }) },
  strict,
)
export type LoginInput = Static<typeof LoginInput>

export const PasswordInput = Type.Object(
  { currentPassword: Type.String({ maxLength: 1000 }), newPassword: Type.String({ maxLength: 1000 }) },
  strict,
)
export type PasswordInput = Static<typeof PasswordInput>

export const TokenInput = Type.Object(
  {
    name: Type.String(TOKEN_NAME),
    scope: Type.Enum(tokenScopes),
    expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
  },
  strict,
)
export type TokenInput = Static<typeof TokenInput>

const MailInput = Type.Object(
  {
    host: Type.String(MAIL_HOST),
    port: Type.Integer(PORT),
    security: Type.Enum(mailSecurities),
    user: Type.Optional(Type.String(MAIL_USER)),
    /** Left out in a change: the stored one stays, while host and user do. */
    password: Type.Optional(Type.String(MAIL_PASSWORD)),
    from: Type.String(MAIL_ADDRESS),
    to: Type.Array(Type.String(MAIL_ADDRESS), { minItems: 1, maxItems: MOST_RECIPIENTS }),
  },
  strict,
)
export type MailInput = Static<typeof MailInput>

const channelSettings = {
  isEnabled: Type.Optional(Type.Boolean()),
  /** Of a webhook, at Slack or Discord too. */
  url: Type.Optional(Type.String(HOOK_URL)),
  mail: Type.Optional(MailInput),
}
const NewsKinds = Type.Array(Type.Enum(newsKinds), { minItems: 1, maxItems: 20 })

export const ChannelInput = Type.Object(
  { name: Type.String(CHANNEL_NAME), kind: Type.Enum(channelKinds), events: NewsKinds, ...channelSettings },
  strict,
)
export type ChannelInput = Static<typeof ChannelInput>

export const ChannelChange = Type.Object(
  {
    name: Type.Optional(Type.String(CHANNEL_NAME)),
    events: Type.Optional(NewsKinds),
    ...channelSettings,
    /** A new secret to sign with; the old one counts no more. */
    newSecret: Type.Optional(Type.Literal(true)),
  },
  { ...strict, minProperties: 1 },
)
export type ChannelChange = Static<typeof ChannelChange>

const S3Input = Type.Object(
  {
    endpoint: Type.String(S3_ENDPOINT),
    region: Type.String(S3_REGION),
    bucket: Type.String(S3_BUCKET),
    prefix: Type.Optional(Type.String(S3_PREFIX)),
    accessKeyId: Type.String(S3_KEY),
    /** Left out in a change: the stored one stays, while the bucket and the access key do. */
    secretAccessKey: Type.Optional(Type.String(S3_KEY)),
  },
  strict,
)

/** Either `folder` or `s3` is given. */
export const BackupSettingsInput = Type.Object(
  {
    isEnabled: Type.Boolean(),
    cron: Type.String(CRON),
    timeZone: Type.String(TIME_ZONE),
    hold: Type.Enum(backupHolds),
    keep: Type.Object(
      {
        last: Type.Integer({ ...KEEP_BACKUPS, minimum: 1 }),
        daily: Type.Integer(KEEP_BACKUPS),
        weekly: Type.Integer(KEEP_BACKUPS),
      },
      strict,
    ),
    folder: Type.Optional(Type.String(BACKUP_FOLDER)),
    s3: Type.Optional(S3Input),
    /** Left out in a change: the stored one stays. */
    passphrase: Type.Optional(Type.String(PASSPHRASE)),
  },
  strict,
)
export type BackupSettingsInput = Static<typeof BackupSettingsInput>

export const RepairInput = Type.Object(
  { ids: Type.Optional(Type.Array(Type.String({ maxLength: 500 }), { maxItems: 500 })) },
  strict,
)
export type RepairInput = Static<typeof RepairInput>

export const RollbackInput = Type.Object({ release: Type.Integer({ minimum: 1 }) }, strict)
export type RollbackInput = Static<typeof RollbackInput>

/** Null: the app's own again, without the secret ones. */
export const PreviewEnvInput = Type.Object(
  { env: Type.Union([Type.Array(EnvInput, { maxItems: MOST_VARIABLES }), Type.Null()]) },
  strict,
)

/** The whole commit: nobody approves what another one begins like. */
export const ApproveInput = Type.Object(
  {
    sha: Type.String({
      pattern: '^[0-9a-f]{40}([0-9a-f]{24})?$',
      description: 'Give the whole id of the commit, 40 hexadecimal digits.',
    }),
  },
  strict,
)

const schedule = {
  timeZone: Type.Optional(Type.String(TIME_ZONE)),
  timeoutSeconds: Type.Optional(Type.Integer(SCHEDULE_TIMEOUT)),
  isEnabled: Type.Optional(Type.Boolean()),
}
export const ScheduleInput = Type.Object(
  { name: Type.String(SCHEDULE_NAME), cron: Type.String(CRON), command: Type.String(COMMAND), ...schedule },
  strict,
)
export type ScheduleInput = Static<typeof ScheduleInput>
export const ScheduleChange = Type.Object(
  {
    name: Type.Optional(Type.String(SCHEDULE_NAME)),
    cron: Type.Optional(Type.String(CRON)),
    command: Type.Optional(Type.String(COMMAND)),
    ...schedule,
  },
  { ...strict, minProperties: 1 },
)
export type ScheduleChange = Static<typeof ScheduleChange>

const Id = Type.String({ maxLength: 100 })
export const ScheduleParams = Type.Object({ id: Id, scheduleId: Id })
export const RunParams = Type.Object({ id: Id, scheduleId: Id, runId: Type.Integer({ minimum: 1 }) })

export const IdParams = Type.Object({ id: Type.String({ maxLength: 100 }) })
