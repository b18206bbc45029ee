import type { DeploymentView, DifferenceView, ReleaseView } from '../server/http/views.ts'
import { ago, repositoryName, shortSha } from '../web/src/ui/format.ts'
import { bold, dim, green, red, yellow } from './render.ts'
import { pairs, table } from './table.ts'

/** Apps and their releases in lines for people. */

export const signOf = (status: DeploymentView['status']): string => {
  if (status === 'running') return green(status)
  if (status === 'failed' || status === 'stuck') return red(status)
  return status === 'stopped' ? dim(status) : yellow(status)
}

const firstLine = (text: string) => text.split('\n', 1)[0] ?? ''
const pullRequestOf = ({ pullRequest }: DeploymentView) =>
  pullRequest ? `#${pullRequest.number} ${firstLine(pullRequest.title)}` : null
const commitOf = ({ commit }: Pick<DeploymentView, 'commit'>) =>
  commit ? `${shortSha(commit.sha)} ${firstLine(commit.message)}` : ''

/** Previews stand below their app. */
export function describeApps(apps: DeploymentView[], now: number): string[] {
  if (apps.length === 0) return ['No apps yet: slipway deploy owner/name']
  const head = ['APP', 'STATUS', 'RELEASE', 'DEPLOYED', 'ADDRESS', 'COMMIT']
  const own = apps.filter((it) => it.previewOf === null)
  const sorted = own.flatMap((app) => [app, ...apps.filter((it) => it.previewOf === app.id)])
  const rows = sorted.map((it) => [
    it.previewOf === null ? bold(it.subdomain) : `  ${it.subdomain}`,
    signOf(it.status),
    it.release === null ? '' : String(it.release),
    it.deployedAt === null ? '' : ago(it.deployedAt, now),
    it.url ?? '',
    `${it.pullRequest ? `#${it.pullRequest.number} ` : ''}${commitOf(it)}`,
  ])
  return table(head, rows)
}

export function describeApp(app: DeploymentView, releases: ReleaseView[], now: number): string[] {
  const { error } = app
  return [
    ...pairs([
      ['App', bold(app.subdomain)],
      ['Status', signOf(app.status)],
      ['Address', app.url],
      ['Repository', `${repositoryName(app.githubUrl)}${app.branch === null ? '' : ` (${app.branch})`}`],
      ['Folder', app.rootDir],
      ['Pull request', pullRequestOf(app)],
      ['Commit', commitOf(app)],
      ['Template', app.template],
      ['Port', app.port === null ? null : String(app.port)],
      ['Volumes', app.volumes.map((it) => `${it.name}:${it.path}`).join(', ')],
      ['Id', app.id],
    ]),
    ...(error ? ['', red(`${error.step ?? app.status}: ${error.message}`)] : []),
    ...(error?.hint === undefined ? [] : [error.hint]),
    ...(releases.length === 0 ? [] : ['', ...describeReleases(releases, now)]),
  ]
}

const describeReleases = (releases: ReleaseView[], now: number) =>
  table(
    ['RELEASE', 'STATUS', 'DEPLOYED', 'COMMIT'],
    releases.map((it) => [
      String(it.release),
      it.status === 'live' ? green(it.status) : it.status,
      ago(it.createdAt, now),
      `${it.rolledBackTo === null ? '' : `(image of ${it.rolledBackTo}) `}${commitOf(it)}`,
    ]),
  )

/** Of secrets only that they change; null is a setting that is left to the repository. */
export function describeDifference({ commit, variables, settings }: DifferenceView): string[] {
  const changed = (before: string | null, after: string | null) => `${before ?? '(none)'} → ${after ?? '(none)'}`
  const lines = [
    ...(commit ? [`commit: ${changed(commitOf({ commit: commit.before }), commitOf({ commit: commit.after }))}`] : []),
    ...variables.map((it) =>
      it.secret ? `${it.key}: ${it.change}` : `${it.key}: ${changed(it.before ?? null, it.after ?? null)}`,
    ),
    ...settings.map((it) => `${it.name}: ${changed(it.before, it.after)}`),
  ]
  return lines.length === 0 ? ['nothing'] : lines
}
