import { stat } from 'node:fs/promises'
import type { Deps } from '../deps.ts'
import type { Disk } from './decide-news.ts'
import { readDisk } from './read-disk.ts'

const engineFolders = new WeakMap<Deps['docker'], string>()

/**
 * The disks that apps fill: that of the data folder, and that of the engine where it is another one of this machine.
 * The engine says once where it keeps things.
 */
export function createDiskReader({ config, docker }: Pick<Deps, 'config' | 'docker'>): () => Promise<Disk[]> {
  async function foldersOf(): Promise<string[]> {
    if (!config.dockerHost.startsWith('unix:')) return [config.dataDir]
    const engineFolder = engineFolders.get(docker) ?? (await askEngine())
    return engineFolder === undefined ? [config.dataDir] : [config.dataDir, engineFolder]
  }

  async function askEngine(): Promise<string | undefined> {
    const { rootDir } = await docker.check().catch(() => ({ rootDir: undefined }))
    if (rootDir !== undefined) engineFolders.set(docker, rootDir)
    return rootDir
  }

  return async () => {
    const disks = new Map<number, Disk>()
    for (const folder of await foldersOf()) {
      const disk = await lookAt(folder)
      if (disk && !disks.has(disk.device)) disks.set(disk.device, { folder, total: disk.total, free: disk.free })
    }
    return [...disks.values()]
  }
}

/** Undefined for a folder that is not there for us: the engine of another machine, or one that we may not see. */
async function lookAt(folder: string): Promise<{ device: number; total: number; free: number } | undefined> {
  try {
    return { device: (await stat(folder)).dev, ...(await readDisk(folder)) }
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** What is free where least is: a build writes to all of them, and ends with the first that is full. */
export const leastFree = (disks: readonly Pick<Disk, 'free'>[]): number => Math.min(...disks.map((it) => it.free))
