import { setTimeout as sleep } from 'node:timers/promises'
import type Docker from 'dockerode'

export type CacheRecord = { ID: string; Type: string; Size: number; Shared: boolean; Description: string }

/**
 * The records of BuildKit's cache: sources, layers and download caches. The engine looks at its disk for one asker at a
 * time and refuses the others, and Slipway looks as well: so it is asked until it answers, for half a minute.
 */
export async function cacheRecords(docker: Docker, attempts = 60): Promise<CacheRecord[]> {
  try {
    return (await docker.df()).BuildCache ?? []
  } catch (error) {
    if (attempts <= 1) throw error
    await sleep(500)
    return cacheRecords(docker, attempts - 1)
  }
}
