import type { DifferenceView } from '../../../server/http/views.ts'
import { plural } from '../ui/format.ts'
import type { TextSetting } from './build-settings.ts'

const titles: Record<TextSetting | 'subdomain' | 'branch' | 'rootDir' | 'template' | 'volumes', string> = {
  subdomain: 'Subdomain',
  branch: 'Branch',
  rootDir: 'Folder',
  template: 'Template',
  volumes: 'Volumes',
  dockerfile: 'Dockerfile',
  target: 'Target stage',
  installCommand: 'Install command',
  buildCommand: 'Build command',
  startCommand: 'Start command',
  releaseCommand: 'Release command',
  preDeployCommand: 'Command before a deploy',
  postDeployCommand: 'Command after a deploy',
  outputDir: 'Output folder',
  healthPath: 'Health path',
  port: 'Port inside the container',
  startTimeoutSeconds: 'Time to start (s)',
  stopSeconds: 'Time to stop (s)',
  memoryMb: 'Memory (MiB)',
  cpus: 'CPU cores',
}

/** A setting as the form calls it. One the form does not know is shown by its name in the API. */
export const titleOf = (name: string) => (name in titles ? titles[name as keyof typeof titles] : name)

export const isSame = ({ commit, variables, settings }: DifferenceView) =>
  commit === null && variables.length === 0 && settings.length === 0

/** “2 variables, the branch and the volumes”; the names alone, for a line. */
export function sayDifference({ variables, settings }: DifferenceView): string {
  const named = settings.map((it) => titleOf(it.name))
  const parts = [...(variables.length > 0 ? [plural(variables.length, 'variable')] : []), ...named]
  return new Intl.ListFormat('en').format(parts)
}
