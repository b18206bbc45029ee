import type { Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import path from 'node:path'
import { listDeployments } from '../db/deployments.ts'
import { sizesOfLogs } from '../db/logs.ts'
import { listKept } from '../db/receipts.ts'
import { now } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { createDiskReader } from './disks.ts'

type Parts = { images: number; containers: number; volumes: number; logs: number }

export type DiskReport = {
  checkedAt: string
  /** `total` without what is kept for root; bytes. */
  disks: { folder: string; total: number; free: number }[]
  warnPercent: number
  stopPercent: number
  /** Largest first. `isGone`: what is left of an app that was deleted, such as volumes that were kept. */
  apps: (Parts & { deploymentId: string; name: string; total: number; isGone: boolean })[]
  /** What belongs to no app alone. */
  others: { buildCache: number; otherImages: number; slipway: number }
}

/** Measuring looks at every file of every volume: what was measured lately is told again. */
const RECENT_MS = 60_000
const MOST_FILES = 50_000

/** Answers what takes up the disk, per app; measured once, however many ask at the same time. */
export function createDiskReporter(deps: Deps): (options?: { fresh?: boolean }) => Promise<DiskReport> {
  let last: { at: number; report: Promise<DiskReport> } | undefined
  return ({ fresh = false } = {}) => {
    const isRecent = last !== undefined && performance.now() - last.at < (fresh ? 1000 : RECENT_MS)
    if (last && isRecent) return last.report
    const report = measure(deps)
    last = { at: performance.now(), report }
    report.catch(() => {
      last = undefined
    })
    return report
  }
}

async function measure(deps: Deps): Promise<DiskReport> {
  const { config, db, docker } = deps
  const [engine, disks, logs, deployments, slipway] = await Promise.all([
    docker.diskUsage(),
    createDiskReader(deps)(),
    sizesOfLogs(db),
    listDeployments(db),
    sizeOf(config.dataDir),
  ])
  const names = new Map(deployments.map((it) => [it.id, it.name]))
  const gone = new Map((await listKept(db)).map((it) => [it.deploymentId, it.app]))
  const ids = new Set([...names.keys(), ...engine.deployments.keys()])
  const apps = [...ids].map((deploymentId) => {
    const own = engine.deployments.get(deploymentId) ?? { images: 0, containers: 0, volumes: 0 }
    const parts = { ...own, logs: logs.get(deploymentId) ?? 0 }
    const total = parts.images + parts.containers + parts.volumes + parts.logs
    return {
      deploymentId,
      name: names.get(deploymentId) ?? gone.get(deploymentId) ?? '',
      isGone: !names.has(deploymentId),
      total,
      ...parts,
    }
  })
  return {
    checkedAt: now(),
    disks: disks.map(({ folder, total, free }) => ({ folder, total, free })),
    warnPercent: config.diskWarnPercent,
    stopPercent: config.diskStopPercent,
    apps: apps.sort((a, b) => b.total - a.total),
    others: { buildCache: engine.buildCache, otherImages: engine.otherImages, slipway },
  }
}

/** What lies below a folder, links not followed; of very many files the first. What goes meanwhile counts nothing. */
async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  let files = 0
  const folders = [folder]
  for (let next = folders.pop(); next !== undefined && files < MOST_FILES; next = folders.pop()) {
    for (const entry of await listIfThere(next)) {
      const target = path.join(next, entry.name)
      files += 1
      if (entry.isDirectory()) folders.push(target)
      else bytes += (await lstat(target).catch(gone))?.size ?? 0
    }
  }
  return bytes
}

async function listIfThere(folder: string): Promise<Dirent[]> {
  return (await readdir(folder, { withFileTypes: true }).catch(gone)) ?? []
}

function gone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'EACCES') throw error
}
