import type { DeploymentView, DifferenceView, ReleaseView } from '../../server/http/views.ts'
import { at, changeApp, findApp, getApp } from '../apps.ts'
import type { Client } from '../client.ts'
import type { Context } from '../context.ts'
import { describeDifference } from '../describe.ts'
import { Failure } from '../failure.ts'
import { newestRelease } from '../follow-release.ts'
import { untilInterrupted } from '../interrupt.ts'
import { poll } from '../poll.ts'
import { bold } from '../render.ts'
import { showServing } from './deploy.ts'

export type WaitOptions = { wait?: boolean | undefined }

export async function redeploy(context: Context, named: string, options: WaitOptions & { rebuild?: boolean }) {
  const client = await context.connect()
  const app = await findApp(client, named)
  const query = options.rebuild ? { rebuild: 'true' } : {}
  const deployment = await changeApp(client, 'POST', at(app.id, '/redeploy'), { query })
  await showRelease(context, client, deployment, options)
}

/** Without a release, to the one that was live before. What it changes is shown first. */
export async function rollback(context: Context, named: string, options: WaitOptions & { release?: number }) {
  const client = await context.connect()
  const app = await findApp(client, named)
  const release = options.release ?? (await earlierRelease(client, app))
  const path = at(app.id, `/releases/${release}/difference`)
  const { difference } = await client.request<{ difference: DifferenceView }>('GET', path)
  context.note(`Going back to release ${release} changes:`)
  for (const line of describeDifference(difference)) context.note(`  ${line}`)
  const deployment = await changeApp(client, 'POST', at(app.id, '/rollback'), { body: { release } })
  await showRelease(context, client, deployment, options)
}

async function earlierRelease(client: Client, { id, subdomain }: DeploymentView): Promise<number> {
  const { releases } = await client.request<{ releases: ReleaseView[] }>('GET', at(id, '/releases'))
  const before = releases.find((it) => it.status === 'retired' || it.status === 'retiring')
  if (before) return before.release
  throw new Failure('not_possible_now', `No earlier release of ${subdomain} is kept, so there is none to go back to.`)
}

async function showRelease(context: Context, client: Client, app: DeploymentView, { wait }: WaitOptions) {
  const release = await newestRelease(client, app.id)
  if (wait) return showServing(context, client, app, release)
  context.show({ deployment: app, release }, () => [
    `Release ${release} of ${bold(app.subdomain)} is on its way.`,
    `See how far it is: slipway show ${app.subdomain}`,
  ])
}

const ENDS = { stop: 'stopped', start: 'running', restart: 'running' } as const
export type Switch = keyof typeof ENDS

export async function switchApp(context: Context, kind: Switch, named: string, { wait }: WaitOptions): Promise<void> {
  const client = await context.connect()
  const app = await findApp(client, named)
  const asked = await changeApp(client, 'POST', at(app.id, `/${kind}`))
  if (!wait) return context.show({ deployment: asked }, () => [`The ${kind} of ${app.subdomain} is on its way.`])
  const goesOn = `The ${kind} of ${app.subdomain} goes on. Look: slipway show ${app.subdomain}`
  const deployment = await untilInterrupted(context, goesOn, () => untilRest(context, client, app.id))
  const { status, error } = deployment
  if (status !== ENDS[kind] || error?.step === kind) {
    const reason = error ?? { code: 'not_possible_now', message: `${app.subdomain} is ${status}.` }
    throw new Failure(reason.code, reason.message, { hint: error?.hint, detail: { deploymentId: app.id } })
  }
  context.show({ deployment }, () => [`${bold(app.subdomain)} is ${status}.`])
}

const untilRest = (context: Context, client: Client, id: string) =>
  poll(context, async () => {
    const app = await getApp(client, id)
    return app.isBusy ? undefined : app
  })

/** `cancel` and `retry`: over as soon as they are asked for. */
export async function send(context: Context, action: 'cancel' | 'retry', named: string): Promise<void> {
  const client = await context.connect()
  const app = await findApp(client, named)
  const deployment = await changeApp(client, 'POST', at(app.id, `/${action}`))
  context.show({ deployment }, () => [
    action === 'cancel' ? `The deploy of ${app.subdomain} is cancelled.` : `${app.subdomain} is tried again.`,
  ])
}
