import type { DeploymentView, ReceiptView } from '../../server/http/views.ts'
import { plural } from '../../web/src/ui/format.ts'
import { at, changeApp, findApp, listApps } from '../apps.ts'
import type { Client } from '../client.ts'
import type { Context } from '../context.ts'
import { Failure, wrongUsage } from '../failure.ts'
import { untilInterrupted } from '../interrupt.ts'
import { poll } from '../poll.ts'
import { bold } from '../render.ts'
import type { WaitOptions } from './act.ts'

export type DeleteOptions = WaitOptions & { yes?: boolean; keepVolumes?: boolean }

export async function deleteApp(context: Context, named: string, options: DeleteOptions): Promise<void> {
  const client = await context.connect()
  const app = await findApp(client, named)
  if (!options.yes) await confirmDelete(context, client, app, options)
  const query = { volumes: options.keepVolumes ? 'keep' : 'remove' }
  const deployment = await changeApp(client, 'DELETE', at(app.id), { query })
  if (!options.wait) return context.show({ deployment }, () => [`${app.subdomain} is being deleted.`])
  const goesOn = `The removal of ${app.subdomain} goes on. Look: slipway show ${app.subdomain}`
  const receipt = await untilInterrupted(context, goesOn, () => untilGone(context, client, app))
  context.show({ receipt }, () => [describeReceipt(receipt)])
}

async function confirmDelete(
  { terminal, isJson }: Context,
  client: Client,
  app: DeploymentView,
  { keepVolumes }: DeleteOptions,
): Promise<void> {
  if (!terminal.isInteractive || isJson)
    throw wrongUsage(`Deleting ${app.subdomain} cannot be undone, and nobody is here to be asked.`, 'Add --yes.')
  const volumes = app.volumes.length === 0 ? '' : keepVolumes ? ', but not its volumes' : ', its volumes with all data'
  const previews = await describePreviews(client, app)
  const answer = await terminal.ask(`Delete ${app.subdomain} and all that it made${previews}${volumes}? [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('refused', `${app.subdomain} was not deleted.`)
}

/** They go with their app, and keep nothing. */
async function describePreviews(client: Client, { id }: DeploymentView): Promise<string> {
  const count = (await listApps(client)).filter((it) => it.previewOf === id).length
  return count === 0 ? '' : `, its ${plural(count, 'preview')} with all data`
}

/** There is a receipt as soon as the last thing is gone. @throws Failure when something will not go */
const untilGone = (context: Context, client: Client, app: DeploymentView) =>
  poll(context, async () => {
    try {
      return (await client.request<{ receipt: ReceiptView }>('GET', `/api/receipts/${app.id}`)).receipt
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'not_found') throw error
      return refuseStuck(await findStuck(client, app.id))
    }
  })

const findStuck = async (client: Client, id: string) => {
  const apps = await listApps(client)
  return apps.find((it) => it.id === id && it.status === 'stuck')
}

function refuseStuck(app: DeploymentView | undefined): undefined {
  if (!app) return undefined
  const { code = 'stuck', message = `${app.subdomain} does not go.`, hint } = app.error ?? {}
  throw new Failure(code, message, {
    hint: hint ?? 'Slipway tries again every minute.',
    detail: { deploymentId: app.id },
  })
}

function describeReceipt({ subdomain, entries }: ReceiptView): string {
  const kept = entries.filter((it) => it.kept).length
  const removed = plural(entries.length - kept, 'thing')
  return `${bold(subdomain)} is gone: ${removed} removed and looked for${kept > 0 ? `, ${plural(kept, 'volume')} kept` : ''}.`
}
