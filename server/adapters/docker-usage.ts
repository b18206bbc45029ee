import { setTimeout as sleep } from 'node:timers/promises'
import type Docker from 'dockerode'
import { must, unless } from './docker-client.ts'

type Labels = Record<string, string> | null
type Call = (method: string, path: string, options: Record<string, unknown>) => Promise<unknown>

/** What `GET /system/df` says, as far as we read it. */
type Answer = {
  /** All layers of all images, each once. */
  LayersSize: number
  Images: { Labels: Labels; Size: number; SharedSize: number }[] | null
  Containers: { Labels: Labels; SizeRw?: number }[] | null
  Volumes: { Labels: Labels; UsageData?: { Size: number } }[] | null
  BuildCache: { Size: number; Shared: boolean }[] | null
}

export type EngineUsage = {
  /** By deployment, in bytes: what its images have to themselves, what its containers wrote, what its volumes hold. */
  deployments: Map<string, { images: number; containers: number; volumes: number }>
  /** Layers that several images have, and images that are not ours. */
  otherImages: number
  buildCache: number
}

/** It looks at every file of every volume. */
const LOOK_MS = 120_000

/** Somebody else's look at the engine's disk takes about as long. */
const BUSY_MS = 1000
const BUSY_ATTEMPTS = 15

/** The engine answers one question about its disk at a time and refuses the others: then it is asked again. */
export async function askDiskUsage(ask: () => Promise<unknown>, attempts = BUSY_ATTEMPTS): Promise<unknown> {
  try {
    return await ask()
  } catch (error) {
    const busy = error instanceof Error && error.message.includes('already running')
    if (!busy || attempts <= 1) throw error
    await sleep(BUSY_MS)
    return askDiskUsage(ask, attempts - 1)
  }
}

/** What the engine keeps on the disk, as far as it is ours. */
export async function readEngineUsage(call: Call, instance: string): Promise<EngineUsage> {
  const ask = () => must('measuring what it keeps', call('GET', '/system/df?', {}), LOOK_MS)
  const answer = (await askDiskUsage(ask)) as Answer
  const deployments: EngineUsage['deployments'] = new Map()
  const add = (labels: Labels, what: 'images' | 'containers' | 'volumes', bytes: number) => {
    const owner = labels?.['slipway.deployment']
    if (labels?.['slipway.instance'] !== instance || owner === undefined) return 0
    const known = deployments.get(owner) ?? { images: 0, containers: 0, volumes: 0 }
    deployments.set(owner, { ...known, [what]: known[what] + Math.max(0, bytes) })
    return Math.max(0, bytes)
  }
  const ours = (answer.Images ?? []).map((it) => add(it.Labels, 'images', it.Size - Math.max(0, it.SharedSize)))
  for (const it of answer.Containers ?? []) add(it.Labels, 'containers', it.SizeRw ?? 0)
  for (const it of answer.Volumes ?? []) add(it.Labels, 'volumes', it.UsageData?.Size ?? 0)
  return {
    deployments,
    otherImages: Math.max(0, answer.LayersSize - ours.reduce((sum, bytes) => sum + bytes, 0)),
    buildCache: (answer.BuildCache ?? []).reduce((sum, it) => sum + (it.Shared ? 0 : it.Size), 0),
  }
}

/**
 * Removes our images that have no name any more: a build that was interrupted and done again leaves one. What a container
 * runs from stays. Answers how many went.
 */
export async function removeUnnamed(docker: Docker, instance: string): Promise<number> {
  const filters = { label: [`slipway.instance=${instance}`], dangling: ['true'] }
  const images = await must('listing images without a name', docker.listImages({ filters }))
  let count = 0
  for (const { Id } of images) {
    const removed = await unless([404, 409], 'removing an image', docker.getImage(Id).remove({ force: false }))
    if (removed !== undefined) count += 1
  }
  return count
}
