import type { Readable } from 'node:stream'
import { listDeployments } from '../../db/deployments.ts'
import { listStanding } from '../../db/ledger.ts'
import { listKept } from '../../db/receipts.ts'
import type { Db } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { AppError, toAppError } from '../../errors.ts'
import type { BackupHold } from '../../states.ts'
import type { Queue } from '../queue.ts'
import { holdApp } from './hold.ts'
import type { Manifest } from './manifest.ts'
import type { VolumeFiles } from './write-archive.ts'

type Named = Manifest['volumes'][number]

/** The volumes of all apps, app by app, and those that were kept when their app was deleted. */
export async function listVolumes(db: Db): Promise<Named[]> {
  const apps = new Map((await listDeployments(db)).map(({ id, name }) => [id, name]))
  const standing = (await listStanding(db)).filter((it) => it.kind === 'volume' && it.state !== 'removing')
  const kept = (await listKept(db)).filter((it) => it.kind === 'volume')
  const all = [
    ...standing.map(({ name, deploymentId }) => ({ name, deploymentId, app: apps.get(deploymentId) ?? deploymentId })),
    ...kept.map(({ name, deploymentId, app }) => ({ name, deploymentId, app })),
  ]
  const byName = new Map(all.map((it) => [it.name, it]))
  return [...byName.values()].sort(
    (a, b) => a.deploymentId.localeCompare(b.deploymentId) || a.name.localeCompare(b.name),
  )
}

type Reading = {
  manifest: Manifest
  backupId: string
  how: BackupHold
  signal: AbortSignal
  /** Told whose turn it is. */
  next(app: string): void
}

/** Reads the volumes of one app after the other, each while the app is held. It goes on before the next one is held. */
export async function* readVolumes(deps: Deps, queue: Queue, reading: Reading): AsyncGenerator<VolumeFiles> {
  const { manifest, backupId, how, signal, next } = reading
  for (const [deploymentId, own] of Map.groupBy(manifest.volumes, (it) => it.deploymentId)) {
    const app = own[0]?.app ?? deploymentId
    next(app)
    const volumes = own.map((it) => it.name)
    const letGo = await holdApp(deps, queue, { backupId, deploymentId, app, volumes, how }, signal)
    try {
      for (const name of volumes) yield { name, tar: await openVolume(deps, name, signal) }
    } finally {
      await letGo()
    }
  }
}

async function openVolume({ docker }: Deps, name: string, signal: AbortSignal) {
  return (await docker.hasVolume(name)) ? patiently(await docker.readVolume(name, signal), name, signal) : undefined
}

/** An engine that sends nothing for so long is not going to. */
const PATIENCE_MS = 60_000

async function* patiently(stream: Readable, name: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stop = () => stream.destroy(new AppError('engine_failed', `The Docker engine stopped sending ${name}.`))
  const end = () => stream.destroy(signal.reason)
  signal.addEventListener('abort', end, { once: true })
  let timer = setTimeout(stop, PATIENCE_MS)
  try {
    for await (const part of stream) {
      clearTimeout(timer)
      yield part
      timer = setTimeout(stop, PATIENCE_MS)
    }
  } catch (error) {
    const { message } = toAppError(error)
    throw error instanceof AppError
      ? error
      : new AppError('engine_failed', `The volume ${name} could not be read. ${message}`, { cause: error })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
    stream.destroy()
  }
}
