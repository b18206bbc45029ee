import type { EnvVariable } from '../db/deployments.ts'
import { variableChanges } from '../deploy/difference.ts'

/** The names of the variables that were added, changed or taken away, as the audit log keeps them. Of values nothing is told. */
export type ChangedVariables = { variablesAdded?: string[]; variablesChanged?: string[]; variablesRemoved?: string[] }

export function changedVariables(before: EnvVariable[], after: EnvVariable[]): ChangedVariables {
  const changes = variableChanges(before, after)
  const named = (change: string) => changes.filter((it) => it.change === change).map((it) => it.key)
  const lists = {
    variablesAdded: named('added'),
    variablesChanged: named('changed'),
    variablesRemoved: named('removed'),
  }
  return Object.fromEntries(Object.entries(lists).filter(([, keys]) => keys.length > 0))
}
