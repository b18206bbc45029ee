import type { EnvVariable } from '../../../server/db/deployments.ts'
import { isPublicKey } from '../../../server/variables.ts'

/** Such a variable does nothing when it is set only while the app runs, and nothing fails: that is said. */
export function notesOnVariables(env: readonly EnvVariable[]): string[] {
  const late = env.filter(({ key, buildTime }) => !buildTime && isPublicKey(key))
  if (late.length === 0) return []
  const names = late.map(({ key }) => key).join(', ')
  return [
    `The build writes variables such as ${names} into the pages, but is not given ${late.length === 1 ? 'it' : 'them'}: mark for the build what it needs.`,
  ]
}
