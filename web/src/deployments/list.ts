import type { AppSample, DeploymentView } from '../../../server/http/views.ts'
import { repositoryName } from '../ui/format.ts'
import { type Group, groups, standingOf } from './status.ts'

export const orders = {
  name: 'Name',
  deployed: 'Last deploy',
  memory: 'Memory',
  cpu: 'CPU',
} as const
export type Order = keyof typeof orders

export type Wish = { search: string; group: Group | 'all'; order: Order }
type Samples = ReadonlyMap<string, AppSample>

/** What a search looks at, in lower case: computed once for each version of an app, not once for each key. */
const texts = new WeakMap<DeploymentView, string>()
function textOf(app: DeploymentView): string {
  const known = texts.get(app)
  if (known !== undefined) return known
  const text = [app.name, app.subdomain, app.url, repositoryName(app.githubUrl), app.branch, app.template]
    .filter(Boolean)
    .join('\n')
    .toLowerCase()
  texts.set(app, text)
  return text
}

/** The apps that have every word of the search, in the order wished for. */
export function choose(
  apps: readonly DeploymentView[],
  { search, group, order }: Wish,
  samples: Samples,
): DeploymentView[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const statuses: readonly string[] | undefined = group === 'all' ? undefined : groups[group]
  return apps
    .filter(
      (app) => (!statuses || statuses.includes(standingOf(app))) && words.every((word) => textOf(app).includes(word)),
    )
    .sort(comparing(order, samples))
}

const names = new Intl.Collator('en', { numeric: true })

function comparing(order: Order, samples: Samples): (a: DeploymentView, b: DeploymentView) => number {
  const byName = (a: DeploymentView, b: DeploymentView) => names.compare(a.name, b.name)
  const largest = (of: (app: DeploymentView) => number) => (a: DeploymentView, b: DeploymentView) =>
    of(b) - of(a) || byName(a, b)
  switch (order) {
    case 'name':
      return byName
    case 'deployed':
      return largest((app) => Date.parse(app.deployedAt ?? app.createdAt))
    case 'memory':
      return largest((app) => samples.get(app.id)?.memory ?? -1)
    case 'cpu':
      return largest((app) => samples.get(app.id)?.cpu ?? -1)
  }
}
