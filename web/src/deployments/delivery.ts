import type { DeliveryInput } from '../../../server/http/schemas.ts'
import type { DeploymentView } from '../../../server/http/views.ts'
import { KEEP_RELEASES, problemOf, WATCH_PATH } from '../../../server/limits.ts'
import { ago, plural } from '../ui/format.ts'

/** What a push does, as it stands in the form: a path on each line, numbers as they are typed. */
export type DeliveryForm = { autoDeploy: boolean; watchPaths: string; keepReleases: string }

const MOST_PATHS = 50

export const deliveryFormOf = ({ delivery }: Pick<DeploymentView, 'delivery'>): DeliveryForm => ({
  autoDeploy: delivery.autoDeploy,
  watchPaths: delivery.watchPaths.join('\n'),
  keepReleases: String(delivery.keepReleases),
})

const pathsIn = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

export const toDeliveryInput = (form: DeliveryForm) =>
  ({
    autoDeploy: form.autoDeploy,
    watchPaths: pathsIn(form.watchPaths),
    keepReleases: numberIn(form.keepReleases),
  }) satisfies DeliveryInput

/** NaN for what is no number, so that the rule refuses it. */
export const numberIn = (text: string) => (text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.')))

/** What the server would refuse, by field name of the API. */
export function problemsOfDelivery(form: DeliveryForm): Record<string, string> {
  const { watchPaths, keepReleases } = toDeliveryInput(form)
  const path = watchPaths.find((it) => problemOf(WATCH_PATH, it) !== undefined)
  const paths =
    watchPaths.length > MOST_PATHS
      ? `At most ${plural(MOST_PATHS, 'path')}.`
      : path && `${path} is none: ${WATCH_PATH.description}`
  const keep = problemOf(KEEP_RELEASES, keepReleases)
  return { ...(paths && { 'delivery.watchPaths': paths }), ...(keep && { 'delivery.keepReleases': keep }) }
}

/** How pushes reach Slipway, in a word and a sentence. `remedy`: what to do where GitHub does not tell of them. */
export type Hearing = { tone: 'ok' | 'warn' | 'none'; word: string; detail: string; remedy?: 'connect' }

/** `now` in milliseconds. */
export function hearingOf({ delivery, webhook }: Pick<DeploymentView, 'delivery' | 'webhook'>, now: number): Hearing {
  if (!delivery.autoDeploy && !delivery.previews.isEnabled)
    return { tone: 'none', word: 'Not listened to', detail: 'Pushes change nothing here until this is switched on.' }
  if (webhook?.state === 'active') {
    const heard = webhook.heardAt === undefined ? '' : ` Heard from last ${ago(webhook.heardAt, now)}.`
    return { tone: 'ok', word: 'GitHub tells of each push', detail: `Its webhook works.${heard}` }
  }
  if (webhook?.state === 'created' && webhook.reason !== undefined)
    return { tone: 'warn', word: 'Its deliveries fail', detail: webhook.reason, remedy: 'connect' }
  if (webhook?.state === 'created') {
    const detail = 'The webhook is made, and GitHub has not called yet. It does with the next push.'
    return { tone: 'warn', word: 'Not heard from yet', detail }
  }
  if (webhook?.state === 'unavailable') {
    const detail = webhook.reason ?? 'There is no webhook.'
    return { tone: 'warn', word: 'No webhook', detail, remedy: 'connect' }
  }
  const detail = 'Which way pushes are heard of is found out with the next deploy.'
  return { tone: 'none', word: 'Not known yet', detail }
}
