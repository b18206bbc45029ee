import type { ChangeInput } from '../../../../server/http/schemas.ts'
import type { DeploymentView, DifferenceView } from '../../../../server/http/views.ts'
import { type BuildSettings, settingsOf, toBuildInput } from '../../deployments/build-settings.ts'
import { type DeliveryForm, deliveryFormOf, toDeliveryInput } from '../../deployments/delivery.ts'

/** The settings as they stand in the form; an empty branch is the default one. */
export type SettingsForm = {
  name: string
  branch: string
  rootDir: string
  subdomain: string
  build: BuildSettings
  delivery: DeliveryForm
}

export const formOf = (deployment: DeploymentView): SettingsForm => ({
  name: deployment.name,
  branch: deployment.branch ?? '',
  rootDir: deployment.rootDir,
  subdomain: deployment.subdomain,
  build: settingsOf(deployment),
  delivery: deliveryFormOf(deployment),
})

const inputOf = ({ name, branch, rootDir, subdomain, build, delivery }: SettingsForm) => ({
  name: name.trim(),
  branch: branch.trim(),
  rootDir: rootDir.trim(),
  subdomain: subdomain.trim(),
  ...toBuildInput(build),
  delivery: toDeliveryInput(delivery),
})

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/**
 * Only what differs from `before`, so that what another window changed meanwhile stays. Overrides and volumes are sent as
 * wholes: those changed here go into the `newest` of the server.
 */
export function changesOf(before: SettingsForm, after: SettingsForm, newest = before): ChangeInput {
  const [old, now, base] = [inputOf(before), inputOf(after), inputOf(newest)]
  const changed = Object.entries(now).filter(([key, value]) => !isSame(value, old[key as keyof typeof old]))
  return {
    ...Object.fromEntries(changed),
    ...(!isSame(now.delivery, old.delivery) && { delivery: onlyChanged(old.delivery, now.delivery) }),
    ...(!isSame(now.overrides, old.overrides) && { overrides: merge(old.overrides, now.overrides, base.overrides) }),
    ...(!isSame(now.volumes, old.volumes) && { volumes: mergeVolumes(old.volumes, now.volumes, base.volumes) }),
  }
}

const onlyChanged = <T extends object>(old: T, now: T) =>
  Object.fromEntries(Object.entries(now).filter(([key, value]) => !isSame(value, old[key as keyof T])))

/** `base` with what differs between `old` and `now`. */
function merge<T extends object>(old: T, now: T, base: T): T {
  const keys = new Set([...Object.keys(old), ...Object.keys(now), ...Object.keys(base)]) as Set<keyof T>
  const merged = [...keys].map((key) => [key, isSame(old[key], now[key]) ? base[key] : now[key]] as const)
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined)) as T
}

type Volumes = ReturnType<typeof inputOf>['volumes']

/** By name. Where nobody else changed them, they are sent as typed: the server says what is wrong with them. */
function mergeVolumes(old: Volumes, now: Volumes, base: Volumes): Volumes {
  if (isSame(old, base)) return now
  const [before, typed, newest] = [old, now, base].map(
    (all): Record<string, string> => Object.fromEntries(all.map((it) => [it.name, it.path])),
  )
  return Object.entries(merge(before ?? {}, typed ?? {}, newest ?? {})).map(([name, path]) => ({ name, path }))
}

/** What a deploy of the form would change; undefined when nothing of it is part of a release, as the name is. */
export function differenceOf(before: SettingsForm, after: SettingsForm): DifferenceView | undefined {
  const [had, has] = [settingsIn(before), settingsIn(after)]
  const names = [...new Set([...had.keys(), ...has.keys()])].sort()
  const settings = names
    .map((name) => ({ name, before: had.get(name) ?? null, after: has.get(name) ?? null }))
    .filter((it) => it.before !== it.after)
  return settings.length === 0 ? undefined : { commit: null, variables: [], settings }
}

function settingsIn(form: SettingsForm): Map<string, string> {
  const { name: _, delivery: __, overrides, volumes, ...rest } = inputOf(form)
  const mounted = volumes.map((it) => `${it.name} → ${it.path}`).join(', ')
  return new Map(
    Object.entries({ ...rest, ...overrides, volumes: mounted }).flatMap(([name, value]) =>
      value === '' || value === undefined ? [] : [[name, String(value)]],
    ),
  )
}

const titles: Record<keyof ReturnType<typeof inputOf>, string> = {
  name: 'name',
  branch: 'branch',
  rootDir: 'folder',
  subdomain: 'subdomain',
  template: 'template',
  overrides: 'build and run settings',
  volumes: 'volumes',
  delivery: 'pushes and releases',
}

/** “name and branch” */
export const sayChanged = (changes: ChangeInput) =>
  new Intl.ListFormat('en').format(Object.keys(changes).map((key) => titles[key as keyof typeof titles]))
