import type { EnvVariable } from '../db/deployments.ts'
import type { Commit, ReleaseInputs } from '../db/releases.ts'

/** What a release is made from, or would be. `commit`: undefined where it is not known before the deploy. */
export type Version = {
  subdomain: string
  inputs: Omit<ReleaseInputs, 'githubUrl' | 'rebuild'>
  env: EnvVariable[]
  commit?: Commit | null
}

/** Null is a value that is not there. The values of a secret are left out, and both where it is one on either side. */
export type VariableChange = {
  key: string
  change: 'added' | 'removed' | 'changed'
  secret: boolean
  before?: string | null
  after?: string | null
}
export type SettingChange = { name: string; before: string | null; after: string | null }

export type Difference = {
  commit: { before: Commit | null; after: Commit | null } | null
  variables: VariableChange[]
  settings: SettingChange[]
}

/** What is another in `after` than in `before`, sorted by name. */
export const differenceOf = (before: Version, after: Version): Difference => ({
  commit: commitChange(before.commit, after.commit),
  variables: variableChanges(before.env, after.env),
  settings: settingChanges(flat(before), flat(after)),
})

export const isSame = ({ commit, variables, settings }: Difference): boolean =>
  commit === null && variables.length === 0 && settings.length === 0

function commitChange(before: Commit | null | undefined, after: Commit | null | undefined): Difference['commit'] {
  if (before === undefined || after === undefined || before?.sha === after?.sha) return null
  return { before, after }
}

/** The variables that were added, changed or taken away. Of secrets no value is told. */
export function variableChanges(before: EnvVariable[], after: EnvVariable[]): VariableChange[] {
  const had = new Map(before.map((it) => [it.key, it]))
  const has = new Map(after.map((it) => [it.key, it]))
  const keys = [...new Set([...had.keys(), ...has.keys()])].sort()
  return keys.flatMap((key) => changeOf(key, had.get(key), has.get(key)))
}

function changeOf(key: string, before: EnvVariable | undefined, after: EnvVariable | undefined): VariableChange[] {
  const written = (it: EnvVariable | undefined) => it && JSON.stringify([it.value, it.secret, it.buildTime])
  if (written(before) === written(after)) return []
  const secret = before?.secret === true || after?.secret === true
  const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
  return [{ key, change, secret, ...(!secret && { before: before?.value ?? null, after: after?.value ?? null }) }]
}

/** Each setting as a line of text by its name in the API. What is left to the repository is not there. */
function flat({ subdomain, inputs: { branch, rootDir, template, overrides, volumes } }: Version): Map<string, string> {
  const mounted = volumes.map(({ name, path }) => `${name} → ${path}`).sort()
  const all = { subdomain, branch, rootDir, template, ...overrides, volumes: mounted.join(', ') }
  return new Map(Object.entries(all).flatMap(([name, value]) => (value ? [[name, String(value)]] : [])))
}

function settingChanges(before: Map<string, string>, after: Map<string, string>): SettingChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  return names
    .map((name) => ({ name, before: before.get(name) ?? null, after: after.get(name) ?? null }))
    .filter((it) => it.before !== it.after)
}
