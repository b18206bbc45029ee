import type { ChangeInput } from '../../../../server/http/schemas.ts'
import type { DeploymentView } from '../../../../server/http/views.ts'
import { type BuildSettings, settingsOf, toBuildInput } from '../../deployments/build-settings.ts'

/** The settings as they stand in the form; an empty branch is the default one. */
export type SettingsForm = { name: string; branch: string; rootDir: string; subdomain: string; build: BuildSettings }

export const formOf = (deployment: DeploymentView): SettingsForm => ({
  name: deployment.name,
  branch: deployment.branch ?? '',
  rootDir: deployment.rootDir,
  subdomain: deployment.subdomain,
  build: settingsOf(deployment),
})

const inputOf = ({ name, branch, rootDir, subdomain, build }: SettingsForm) => ({
  name: name.trim(),
  branch: branch.trim(),
  rootDir: rootDir.trim(),
  subdomain: subdomain.trim(),
  ...toBuildInput(build),
})

/** Only what differs from `before`, so that what another window changed meanwhile stays. */
export function changesOf(before: SettingsForm, after: SettingsForm): ChangeInput {
  const [old, now] = [inputOf(before), inputOf(after)]
  const changed = Object.entries(now).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(old[key as keyof typeof old]),
  )
  return Object.fromEntries(changed)
}

const titles: Record<keyof ReturnType<typeof inputOf>, string> = {
  name: 'name',
  branch: 'branch',
  rootDir: 'folder',
  subdomain: 'subdomain',
  template: 'template',
  overrides: 'build and run settings',
  volumes: 'volumes',
}

/** “name and branch” */
export const sayChanged = (changes: ChangeInput) =>
  new Intl.ListFormat('en').format(Object.keys(changes).map((key) => titles[key as keyof typeof titles]))
