import { KEY_PATTERN, MAX_KEY_LENGTH } from '../variables.ts'
import { type Static, Type } from './type.ts'

/** Schemas once for validation, types and OpenAPI. Patterns are allow-lists: what they let through is safe to name things by. */

const strict = { additionalProperties: false }

export const EnvInput = Type.Object(
  {
    key: Type.String({ minLength: 1, maxLength: MAX_KEY_LENGTH, pattern: KEY_PATTERN }),
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
  /** Empty: the repository decides again. */
  template: Type.Optional(Type.String({ pattern: '^[a-z0-9-]{0,50}$' })),
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

export const RepositoryInput = Type.Object({ githubUrl: Type.String({ minLength: 1, maxLength: 500 }) }, strict)

export const IdParams = Type.Object({ id: Type.String({ maxLength: 100 }) })
