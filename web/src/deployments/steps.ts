import type { StatusView, StepView } from '../../../server/http/views.ts'

type Words = {
  label: string
  /** What the step makes, in a sentence. */
  makes: string
}

/** The steps of server/deploy/pipeline.ts as people read them, by their names there. */
const words: Record<string, Words> = {
  'hold-hostname': {
    label: 'Hold the address',
    makes: 'A holding page that says the app is on its way, until it answers.',
  },
  'add-deploy-key': {
    label: 'Add the deploy key',
    makes: 'A deploy key at GitHub that reads this one repository, for apps that were made with one.',
  },
  'check-out': {
    label: 'Check out the repository',
    makes: 'A checkout of the newest commit, which goes when the image is built.',
  },
  'choose-template': {
    label: 'Choose how to build',
    makes: 'A recipe: a Dockerfile of the repository’s, or one made for it.',
  },
  'build-image': {
    label: 'Build the image',
    makes: 'An image of the app. The last five that were live stay for rolling back.',
  },
  'claim-port': { label: 'Claim a port', makes: 'A port on 127.0.0.1 that no one else has.' },
  'create-network': {
    label: 'Create the network',
    makes: 'A network of the release’s own: apps do not see each other.',
  },
  'create-volumes': { label: 'Create the volumes', makes: 'Volumes for the app’s data. They outlive every release.' },
  'run-release-command': {
    label: 'Run the release command',
    makes: 'A container of the new image that runs the command, such as migrations, and goes afterwards.',
  },
  'run-pre-deploy': {
    label: 'Run the command before a deploy',
    makes: 'A container of the version that is live, which runs the command, such as a backup, and goes afterwards.',
  },
  'start-container': { label: 'Start the container', makes: 'The running app, reachable from this machine only.' },
  'await-health': { label: 'Wait until it answers', makes: 'Nothing: asks the app over HTTP until it answers well.' },
  'publish-vhost': {
    label: 'Publish it in nginx',
    makes: 'A vhost: from here on visitors reach the new release.',
  },
  'route-tunnel': { label: 'Route the tunnel', makes: 'A rule that leads the address through the Cloudflare tunnel.' },
  'point-dns': { label: 'Point the DNS record', makes: 'A CNAME record that points to the tunnel.' },
  'prove-live': { label: 'Prove that it is live', makes: 'Nothing: asks for the address as a visitor does.' },
  'retire-previous': {
    label: 'Retire the release before',
    makes: 'Nothing: takes its container, network and port away.',
  },
  'connect-webhook': {
    label: 'Connect the webhook',
    makes: 'A webhook at GitHub, which tells of every push.',
  },
  'run-schedules': {
    label: 'Run scheduled jobs',
    makes:
      'Containers that run the app’s jobs at their times, each with a network of its own. They go when the job ends.',
  },
  'run-post-deploy': {
    label: 'Run the command after a deploy',
    makes: 'A container of the new image that runs the command, such as a smoke test, and goes afterwards.',
  },
  run: { label: 'Run the app', makes: 'Nothing: the app ended by itself.' },
  stop: { label: 'Stop the app', makes: 'Nothing: its container stops.' },
  start: { label: 'Start the app', makes: 'Nothing: its container starts again.' },
  restart: { label: 'Restart the app', makes: 'Nothing: its container starts anew.' },
}

/** A step in words; one that is not known keeps its name. */
export const stepWords = (name: string): Words => words[name] ?? { label: name, makes: '' }

type ReleaseStatus = NonNullable<StatusView['releaseStatus']>
type StepLook = 'pending' | 'skipped' | 'running' | 'done' | 'failed' | 'cancelled' | 'undoing' | 'undone'

const FAILING = new Set<ReleaseStatus>(['undoing', 'failed'])

/** How a step stands, as it is shown: in a release that served, what is `undone` was only needed on the way. */
export function lookOf(step: StepView, release: ReleaseStatus): { look: StepLook; word: string } {
  const isFailing = FAILING.has(release)
  if (!step.isNeeded && (step.state === 'done' || step.state === 'undone'))
    return { look: 'skipped', word: 'not needed' }
  switch (step.state) {
    case 'pending':
      return isFailing ? { look: 'skipped', word: 'not reached' } : { look: 'pending', word: 'waiting' }
    case 'undoing':
      return isFailing ? { look: 'undoing', word: 'being undone' } : { look: 'undoing', word: 'being cleaned up' }
    case 'undone':
      if (isFailing) return { look: 'undone', word: 'undone' }
      return { look: 'done', word: release === 'live' ? 'done, cleaned up' : 'done, taken down since' }
    case 'failed':
      if (step.error?.code === 'cancelled') return { look: 'cancelled', word: 'cancelled' }
      if (step.error?.code === 'superseded') return { look: 'cancelled', word: 'ended for a newer push' }
      return { look: 'failed', word: 'failed' }
    default:
      return { look: step.state, word: step.state }
  }
}

const startOf = ({ startedAt }: StepView) => (startedAt === null ? undefined : Date.parse(startedAt))
const endOf = ({ endedAt, startedAt }: StepView, now: number) =>
  endedAt !== null ? Date.parse(endedAt) : startedAt === null ? undefined : now

/** When work began and ended, in milliseconds; undefined before the first step. `now` is the end while a step runs. */
export function spanOf(steps: StepView[], now: number): { from: number; to: number } | undefined {
  const starts = steps.map(startOf).filter((it) => it !== undefined)
  const ends = steps.map((it) => endOf(it, now)).filter((it) => it !== undefined)
  return starts.length === 0 ? undefined : { from: Math.min(...starts), to: Math.max(...ends) }
}

/** Where a step's work lies within the whole, from 0 to 1, and how long it took in milliseconds. */
export function barOf(step: StepView, whole: { from: number; to: number }, now: number) {
  const [from, to] = [startOf(step), endOf(step, now)]
  if (from === undefined || to === undefined) return undefined
  const length = Math.max(1, whole.to - whole.from)
  const share = (at: number) => Math.min(1, Math.max(0, (at - whole.from) / length))
  return { from: share(from), to: share(to), took: Math.max(0, to - from) }
}

/** The names of the steps that began while the step before them in the list, or one beside that, still ran. */
export function besideOthers(steps: StepView[]): Set<string> {
  const beside = new Set<string>()
  let mainEnd = Number.NEGATIVE_INFINITY
  for (const step of steps) {
    const from = startOf(step)
    if (from === undefined) continue
    if (from < mainEnd) beside.add(step.name)
    else mainEnd = endOf(step, Number.POSITIVE_INFINITY) ?? mainEnd
  }
  return beside
}

/** Whether a check stopped it before anything was made: what failed then has done nothing, and nothing went before it. */
export const wasRefused = ({ releaseStatus, steps }: StatusView) =>
  (releaseStatus === 'failed' || releaseStatus === 'undoing') &&
  steps.some((it) => it.state === 'failed') &&
  steps.every((it) => it.state === 'pending' || it.state === 'failed')

/** What ended a release before it was live without being a failure. */
export type EarlyEnd = 'cancelled' | 'superseded' | undefined

export function earlyEndOf(steps: StepView[]): EarlyEnd {
  const codes = new Set(steps.map((it) => it.error?.code))
  return (['cancelled', 'superseded'] as const).find((it) => codes.has(it))
}
