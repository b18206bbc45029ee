import { setTimeout as sleep } from 'node:timers/promises'
import { busyApp } from './busy-app.ts'
import type { Repository } from './git-server.ts'
import type { World } from './world.ts'

/** The releases that a day of releases has made live, after the first; the fifth is the one that fails. */
export const LIVE_RELEASES = [2, 3, 4, 6, 7, 8]
export const FAILED_RELEASE = 5

/**
 * What happens to an app of `busyApp('release 1')` in a day: five redeploys, one that fails, a rollback, and a restart of
 * Slipway, each as soon as the one before is live. Nobody waits until the old releases are gone.
 */
export async function playDayOfReleases(world: World, repository: Repository, id: string): Promise<void> {
  await redeploy(world, repository, id, 2)
  await redeploy(world, repository, id, 3)
  await world.slipway.terminate()
  await world.slipway.start()
  await redeploy(world, repository, id, 4)
  await failToRedeploy(world, repository, id)
  await redeploy(world, repository, id, 6)
  await rollBack(world, id, 3, 7)
  await redeploy(world, repository, id, 8)
}

/** Pushes a version that says which release it is, deploys it, and waits until it serves. */
export async function redeploy(world: World, repository: Repository, id: string, release: number): Promise<void> {
  await repository.commit({ 'server.js': busyApp(`release ${release}`) }, `Make release ${release}`)
  await send(world, `${id}/redeploy`)
  await until(world, id, (app) => app.liveRelease === release)
}

/** Goes back to the image of an earlier release, and waits until the release that has it serves. */
export async function rollBack(world: World, id: string, to: number, release: number): Promise<void> {
  await send(world, `${id}/rollback`, { release: to })
  await until(world, id, (app) => app.liveRelease === release)
}

async function failToRedeploy(world: World, repository: Repository, id: string): Promise<void> {
  await repository.commit({ 'server.js': "throw new Error('no database')" }, 'Break it')
  await send(world, `${id}/redeploy`)
  await until(world, id, (app) => app.error?.code === 'app_exited')
}

async function send(world: World, address: string, body?: unknown): Promise<void> {
  const reply = await world.slipway.api('POST', `/api/deployments/${address}`, body)
  if (reply.status !== 202) throw new Error(`POST ${address}: ${reply.status} ${JSON.stringify(reply.body)}`)
}

async function until(world: World, id: string, fits: (app: any) => boolean): Promise<void> {
  for (let left = 600; left > 0; left--) {
    const { body } = await world.slipway.api('GET', `/api/deployments/${id}`)
    if (fits(body.deployment)) return
    await sleep(100)
  }
  throw new Error(`not within a minute: ${JSON.stringify(await world.status(id), null, 1)}\n${world.slipway.output()}`)
}
