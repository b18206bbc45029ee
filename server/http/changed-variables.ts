import type { EnvVariable } from '../db/deployments.ts'

/** The names of the variables that were added, changed or taken away, sorted. Of their values nothing is told. */
export function changedVariables(before: EnvVariable[], after: EnvVariable[]): string[] {
  const write = ({ value, secret, buildTime }: EnvVariable) => JSON.stringify([value, secret, buildTime])
  const had = new Map(before.map((it) => [it.key, write(it)]))
  const has = new Map(after.map((it) => [it.key, write(it)]))
  return [...new Set([...had.keys(), ...has.keys()])].filter((key) => had.get(key) !== has.get(key)).sort()
}
