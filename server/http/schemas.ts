import { type Static, Type } from './type.ts'

/** Schemas once for validation, types and OpenAPI. Patterns are allow-lists: what they let through is safe to name things by. */

const nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(schema: T) =>
  Type.Union([schema, Type.Null()])
const strict = { additionalProperties: false }

export const EnvInput = Type.Object(
  {
    key: Type.String({ minLength: 1, maxLength: 200, pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }),
    /** Left out in a change: the stored value stays. */
    value: Type.Optional(Type.String({ maxLength: 131_000, pattern: '^[^\\u0000]*$' })),
    secret: Type.Optional(Type.Boolean()),
    buildTime: Type.Optional(Type.Boolean()),
  },
  strict,
)

export const OverridesInput = Type.Object(
  {
    dockerfile: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    buildCommand: Type.Optional(Type.String({ minLength: 1, maxLength: 4000, pattern: '^[^\\u0000]*$' })),
    startCommand: Type.Optional(Type.String({ minLength: 1, maxLength: 4000, pattern: '^[^\\u0000]*$' })),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    healthPath: Type.Optional(Type.String({ maxLength: 500, pattern: "^/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$" })),
    memoryMb: Type.Optional(Type.Integer({ minimum: 16, maximum: 4_194_304 })),
    cpus: Type.Optional(Type.Number({ minimum: 0.05, maximum: 1024 })),
  },
  strict,
)

export const VolumeInput = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,40}$' }),
    path: Type.String({ maxLength: 200, pattern: '^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$' }),
  },
  strict,
)

const appSettings = {
  branch: Type.Optional(Type.String({ maxLength: 200 })),
  rootDir: Type.Optional(Type.String({ maxLength: 1000 })),
  subdomain: Type.Optional(Type.String({ maxLength: 300 })),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 100, pattern: '^[\\p{L}\\p{N}][\\p{L}\\p{N} ._-]*$' })),
  env: Type.Optional(Type.Array(EnvInput, { maxItems: 500 })),
  template: Type.Optional(Type.String({ pattern: '^[a-z0-9-]{1,50}$' })),
  overrides: Type.Optional(OverridesInput),
  volumes: Type.Optional(Type.Array(VolumeInput, { maxItems: 20 })),
}

export const CreateInput = Type.Object(
  { githubUrl: Type.String({ minLength: 1, maxLength: 500 }), ...appSettings },
  strict,
)
export const ChangeInput = Type.Object(appSettings, { ...strict, minProperties: 1 })
export type CreateInput = Static<typeof CreateInput>
export type ChangeInput = Static<typeof ChangeInput>

export const IdParams = Type.Object({ id: Type.String({ maxLength: 100 }) })

const StoredError = Type.Object({
  step: Type.Optional(Type.String()),
  code: Type.String(),
  message: Type.String(),
  hint: Type.Optional(Type.String()),
})

const Commit = Type.Object({ sha: Type.String(), message: Type.String(), author: Type.String(), at: Type.String() })

export const DeploymentView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  githubUrl: Type.String(),
  branch: nullable(Type.String()),
  rootDir: Type.String(),
  subdomain: Type.String(),
  url: nullable(Type.String()),
  port: nullable(Type.Integer()),
  status: Type.String(),
  template: nullable(Type.String()),
  release: nullable(Type.Integer()),
  commit: Type.Union([Commit, Type.Null()]),
  containerId: nullable(Type.String()),
  dockerImage: nullable(Type.String()),
  overrides: Type.Any(),
  volumes: Type.Array(Type.Object({ name: Type.String(), path: Type.String() })),
  createdAt: Type.String(),
  updatedAt: Type.String(),
  error: Type.Optional(StoredError),
})
export type DeploymentView = Static<typeof DeploymentView>

export const StepView = Type.Object({
  name: Type.String(),
  state: Type.String(),
  startedAt: nullable(Type.String()),
  endedAt: nullable(Type.String()),
  error: Type.Optional(StoredError),
})

export const LedgerView = Type.Object({
  release: Type.Integer(),
  step: Type.String(),
  kind: Type.String(),
  name: Type.String(),
  state: Type.String(),
  at: Type.String(),
  error: Type.Optional(Type.String()),
})

export const ReceiptView = Type.Object({
  deploymentId: Type.String(),
  name: Type.String(),
  subdomain: Type.String(),
  githubUrl: Type.String(),
  createdAt: Type.String(),
  removedAt: Type.String(),
  entries: Type.Array(
    Type.Object({
      release: Type.Integer(),
      step: Type.String(),
      kind: Type.String(),
      name: Type.String(),
      removedAt: nullable(Type.String()),
      verified: Type.Boolean(),
      kept: Type.Optional(Type.Boolean()),
    }),
  ),
})

export const LogLineView = Type.Object({
  seq: Type.Integer(),
  at: Type.String(),
  stream: Type.String(),
  level: Type.String(),
  text: Type.String(),
})
