import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { BackupsView, BackupView } from '../../server/http/views.ts'
import { ago, bytes, dateTime } from '../../web/src/ui/format.ts'
import type { Client } from '../client.ts'
import type { Context } from '../context.ts'
import { Failure, wrongUsage } from '../failure.ts'
import { untilInterrupted } from '../interrupt.ts'
import { poll } from '../poll.ts'
import { bold, green, red, yellow } from '../render.ts'
import { table } from '../table.ts'
import type { WaitOptions } from './act.ts'

const at = (id: string, rest = '') => `/api/backups/${encodeURIComponent(id)}${rest}`
const look = (client: Client) => client.request<BackupsView>('GET', '/api/backups')
const SIGNS = { succeeded: green, failed: red, running: yellow }

export async function list(context: Context): Promise<void> {
  const found = await look(await context.connect())
  context.show(found, () => describe(found, Date.now()))
}

function describe({ backups, isSetUp, nextAt, restored }: BackupsView, now: number): string[] {
  const rows = backups.map((it) => [
    it.id.slice(0, 8),
    SIGNS[it.state](it.state),
    ago(it.startedAt, now),
    it.size === null ? '' : bytes(it.size),
    it.message ?? it.place,
  ])
  return [
    ...(restored
      ? [yellow('Restored from a backup: nothing is removed until you run slipway backup confirm'), '']
      : []),
    ...(isSetUp ? [] : ['Backups are not set up: Settings → Backups in the admin page.']),
    ...(nextAt === null ? [] : [`The next one is due at ${dateTime(nextAt)}.`]),
    ...(rows.length === 0 ? ['There are no backups yet.'] : table(['ID', 'STATE', 'MADE', 'SIZE', 'WHERE'], rows)),
  ]
}

export async function make(context: Context, { wait }: WaitOptions): Promise<void> {
  const client = await context.connect()
  const { backup: begun } = await client.request<{ backup: BackupView }>('POST', '/api/backups')
  if (!wait)
    return context.show({ backup: begun }, () => ['A backup is being made. See how it went: slipway backup list'])
  const goesOn = 'The backup goes on. Look: slipway backup list'
  const backup = await untilInterrupted(context, goesOn, () => untilMade(context, client, begun.id))
  if (backup.state === 'failed')
    throw new Failure('backup_failed', backup.message ?? 'The backup failed.', { detail: { backupId: backup.id } })
  context.show({ backup }, () => [`Made: ${bold(backup.place)} (${bytes(backup.size ?? 0)})`])
}

const untilMade = (context: Context, client: Client, id: string) =>
  poll(context, async () => {
    const found = (await look(client)).backups.find((it) => it.id === id)
    return found?.state === 'running' ? undefined : (found ?? notThere(id))
  })

/** In a file of another name until all of it is there. */
export async function download(context: Context, named: string, { output }: { output?: string }): Promise<void> {
  const client = await context.connect()
  const backup = await find(client, named)
  const file = path.resolve(output ?? path.basename(backup.name))
  const partial = `${file}.partial`
  try {
    await pipeline(
      await client.download(at(backup.id, '/file')),
      createWriteStream(partial, { mode: 0o600, flush: true }),
    )
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  await rename(partial, file)
  context.show({ backup, file }, () => [`Fetched to ${bold(file)}`])
}

export async function remove(context: Context, named: string, { yes }: { yes?: boolean }): Promise<void> {
  const client = await context.connect()
  const backup = await find(client, named)
  if (!yes) await confirmRemoval(context, backup)
  await client.request('DELETE', at(backup.id))
  context.show({ backup }, () => [`${backup.name} is deleted.`])
}

async function confirmRemoval({ terminal, isJson }: Context, { name }: BackupView): Promise<void> {
  if (!terminal.isInteractive || isJson)
    throw wrongUsage('Deleting a backup cannot be undone, and nobody is here to be asked.', 'Add --yes.')
  const answer = await terminal.ask(`Delete ${name} with its file? [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('refused', `${name} was not deleted.`)
}

export async function confirm(context: Context): Promise<void> {
  await (await context.connect()).request('POST', '/api/restored/confirm')
  context.show({}, () => ['Confirmed: from now on Slipway removes again what is deleted or too old.'])
}

async function find(client: Client, named: string): Promise<BackupView> {
  const { backups } = await look(client)
  if (named === 'latest') return backups.find((it) => it.state === 'succeeded') ?? notThere(named)
  const found = backups.filter((it) => it.id.startsWith(named) || it.name === named)
  if (found.length > 1) throw wrongUsage(`More than one backup begins with ${named}.`, 'Give more of its id.')
  return found[0] ?? notThere(named)
}

function notThere(named: string): never {
  throw new Failure('not_found', `There is no backup ${named}.`, { hint: 'slipway backup list shows all.' })
}
