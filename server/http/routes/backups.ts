import path from 'node:path'
import { Readable } from 'node:stream'
import { type Backup, findBackup, listBackups } from '../../db/backups.ts'
import type { Backups } from '../../deploy/backups/backups.ts'
import {
  addressOfPlace,
  type BackupSettings,
  readBackupSettings,
  writeBackupSettings,
} from '../../deploy/backups/settings.ts'
import { openTarget } from '../../deploy/backups/target.ts'
import { createInTurn } from '../../deploy/in-turn.ts'
import type { Queue } from '../../deploy/queue.ts'
import { forgetRestored, readRestored } from '../../deploy/restored.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { App } from '../app-type.ts'
import { noteVisitor } from '../audit.ts'
import { visitorOf } from '../auth.ts'
import { checkBackupSettings } from '../check-backup.ts'
import { BackupSettingsInput, IdParams } from '../schemas.ts'
import { Type } from '../type.ts'
import { BackupSettingsView, BackupsView, BackupView } from '../views.ts'

const MOST = 200

export function backupRoutes(app: App, deps: Deps, queue: Queue, backups: Backups): void {
  const inTurn = createInTurn()

  app.get(
    '/api/backups',
    {
      schema: {
        summary: 'The backups, newest first, how far the one is that is being made, and when the next one is due',
        response: { 200: BackupsView },
      },
    },
    async () => look(deps, backups),
  )

  app.post(
    '/api/backups',
    { schema: { summary: 'Make a backup now', response: { 202: Type.Object({ backup: BackupView }) } } },
    async (request, reply) => {
      const backup = await backups.begin('user')
      await noteVisitor(deps, request, 'backup.begun', { target: backup.id, detail: { name: backup.name } })
      return reply.status(202).send({ backup: present(backup) })
    },
  )

  app.get(
    '/api/backups/:id/file',
    { schema: { summary: 'The file of a backup, encrypted as it lies in its place', params: IdParams } },
    async (request, reply) => {
      if (visitorOf(request).scope === 'read')
        throw new AppError('forbidden', 'This API token is read-only. Use one with the scope “write”, or log in.')
      const backup = await backupOf(deps, request.params.id)
      const end = new AbortController()
      const file = Readable.from(await backups.read(backup, end.signal), { objectMode: false })
      reply.raw.on('close', () => end.abort())
      await noteVisitor(deps, request, 'backup.downloaded', { target: backup.id, detail: { name: backup.name } })
      return reply
        .header('content-type', 'application/octet-stream')
        .header('content-disposition', `attachment; filename="${backup.name}"`)
        .header('content-length', backup.size ?? 0)
        .send(file)
    },
  )

  app.delete(
    '/api/backups/:id',
    { schema: { summary: 'Delete a backup with its file', params: IdParams } },
    async (request, reply) => {
      const backup = await backupOf(deps, request.params.id)
      await backups.remove(backup)
      await noteVisitor(deps, request, 'backup.deleted', { target: backup.id, detail: { name: backup.name } })
      return reply.status(204).send()
    },
  )

  app.get(
    '/api/backup-settings',
    {
      schema: {
        summary: 'When backups are made, where they go and which are kept; without what is secret',
        response: { 200: BackupSettingsView },
      },
    },
    async () => presentSettings(deps, await readBackupSettings(deps)),
  )

  app.put(
    '/api/backup-settings',
    {
      config: { access: 'session' },
      schema: {
        summary: 'Set backups up; what is secret stays when it is left out. The place is tried first',
        body: BackupSettingsInput,
        response: { 200: BackupSettingsView },
      },
    },
    async (request) => {
      // What is left out stays as the change before this one has set it.
      const settings = await inTurn('settings', async () => {
        const wanted = await checkBackupSettings(request.body, await readBackupSettings(deps))
        await (await openTarget(wanted.target, deps.config.dataDir)).check()
        await writeBackupSettings(deps, wanted)
        return wanted
      })
      backups.changed()
      await noteVisitor(deps, request, 'backup.settings', { detail: detailOf(request.body) })
      return presentSettings(deps, settings)
    },
  )

  app.post(
    '/api/restored/confirm',
    { schema: { summary: 'Say that all is there after a restore: from now on Slipway removes things again' } },
    async (request, reply) => {
      const restored = await readRestored(deps.db)
      if (!restored) throw new AppError('not_possible_now', 'This machine was not restored, or that was confirmed.')
      await forgetRestored(deps.db)
      await noteVisitor(deps, request, 'restore.confirmed', { detail: { backup: restored.name } })
      queue.kick()
      backups.changed()
      return reply.status(204).send()
    },
  )
}

async function look(deps: Deps, backups: Backups): Promise<BackupsView> {
  const running = backups.progress()
  return {
    backups: (await listBackups(deps.db, { limit: MOST })).map(present),
    running: running ? { id: running.id, phase: running.phase, app: running.app ?? null, bytes: running.bytes } : null,
    isSetUp: (await readBackupSettings(deps)) !== undefined,
    nextAt: (await backups.nextAt()) ?? null,
    restored: (await readRestored(deps.db)) ?? null,
  }
}

/** @throws not_found */
async function backupOf(deps: Deps, id: string): Promise<Backup> {
  const backup = await findBackup(deps.db, id)
  if (!backup) throw new AppError('not_found', 'There is no such backup: it was deleted.')
  return backup
}

function present({ id, name, state, cause, target, size, contents, message, startedAt, endedAt }: Backup): BackupView {
  const { apps = null, volumes = null } = contents ?? {}
  return {
    id,
    name,
    state,
    cause,
    place: addressOfPlace(target, name),
    size,
    apps,
    volumes,
    message,
    startedAt,
    endedAt,
  }
}

function presentSettings({ config }: Deps, settings: BackupSettings | undefined): BackupSettingsView {
  const ownFolder = path.join(config.dataDir, 'backups')
  if (!settings) return { settings: null, ownFolder }
  const { isEnabled, cron, timeZone, hold, keep, target } = settings
  const common = { isEnabled, cron, timeZone, hold, keep }
  if (target.kind === 'folder') return { settings: { ...common, folder: target.folder, s3: null }, ownFolder }
  const { endpoint, region, bucket, prefix, accessKeyId } = target
  return { settings: { ...common, folder: null, s3: { endpoint, region, bucket, prefix, accessKeyId } }, ownFolder }
}

/** For the audit log: neither passphrase nor key, only that there is a new one. */
const detailOf = ({ isEnabled, cron, folder, s3, passphrase }: BackupSettingsInput) => ({
  isEnabled,
  cron,
  place: folder ?? `${s3?.endpoint}/${s3?.bucket}`,
  ...(passphrase !== undefined && { passphrase: 'changed' }),
})
