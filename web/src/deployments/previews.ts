import type { DeliveryInput } from '../../../server/http/schemas.ts'
import type { DeploymentView } from '../../../server/http/views.ts'
import { CPUS, MEMORY_MB, MOST_PREVIEWS, PREVIEW_DAYS, problemOf } from '../../../server/limits.ts'
import { numberIn } from './delivery.ts'

type PullRequest = NonNullable<DeploymentView['pullRequest']>
export type Preview = DeploymentView & { pullRequest: PullRequest }

/** The previews of an app, that of the newest pull request first. */
export const previewsOf = (apps: readonly DeploymentView[], id: string): Preview[] =>
  apps
    .filter((it): it is Preview => it.previewOf === id && it.pullRequest !== null)
    .sort((a, b) => b.pullRequest.number - a.pullRequest.number)

/** Whether somebody has to look at a commit of a fork before it runs; what was approved before goes on until then. */
export const needsApproval = ({ pullRequest, isDeleting }: Preview) =>
  !isDeleting && pullRequest.isFork && pullRequest.approvedSha !== pullRequest.sha

/** The settings as they stand in the form; an empty limit is that of the app. */
export type PreviewsForm = {
  isEnabled: boolean
  forks: boolean
  most: string
  days: string
  memoryMb: string
  cpus: string
}

export const previewsFormOf = ({ delivery: { previews } }: Pick<DeploymentView, 'delivery'>): PreviewsForm => ({
  isEnabled: previews.isEnabled,
  forks: previews.forks,
  most: String(previews.most),
  days: String(previews.days),
  memoryMb: previews.memoryMb === undefined ? '' : String(previews.memoryMb),
  cpus: previews.cpus === undefined ? '' : String(previews.cpus),
})

const limit = (text: string) => (text.trim() === '' ? null : numberIn(text))

/** All of it for the API: null gives a limit up. */
export const toPreviewsInput = (form: PreviewsForm) =>
  ({
    isEnabled: form.isEnabled,
    forks: form.forks,
    most: numberIn(form.most),
    days: numberIn(form.days),
    memoryMb: limit(form.memoryMb),
    cpus: limit(form.cpus),
  }) satisfies DeliveryInput['previews']

/** What the server would refuse, by the name in the form. */
export function problemsOfPreviews(form: PreviewsForm): Partial<Record<keyof PreviewsForm, string>> {
  const { most, days, memoryMb, cpus } = toPreviewsInput(form)
  const all = {
    most: problemOf(MOST_PREVIEWS, most),
    days: problemOf(PREVIEW_DAYS, days),
    memoryMb: memoryMb === null ? undefined : problemOf(MEMORY_MB, memoryMb),
    cpus: cpus === null ? undefined : problemOf(CPUS, cpus),
  }
  return Object.fromEntries(Object.entries(all).filter(([, message]) => message !== undefined))
}
