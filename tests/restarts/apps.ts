import { setTimeout as sleep } from 'node:timers/promises'
import { makeApp } from '../support/small-app.ts'
import type { World } from '../support/world.ts'

/** An app, and the text that it and nobody else answers. */
export type App = { id: string; subdomain: string; says: string }

/** What the apps are built from. */
export const IMAGE = 'node:24-slim'

const server = `require('node:http').createServer((_, response) => response.end(process.env.SAYS)).listen(8000)
process.on('SIGTERM', () => process.exit())
`

/** So long all builds may take together. */
const PATIENCE_MS = 240_000

/** So many apps of one repository, asked for at once; `stopped` is one more, which is stopped again. */
export async function deployApps(world: World, count: number): Promise<{ apps: App[]; stopped: App }> {
  const { url } = await makeApp(world, server)
  const subdomains = [...Array.from({ length: count }, (_, index) => `app-${index + 1}`), 'stopped']
  const all = await Promise.all(subdomains.map((subdomain) => ask(world, url, subdomain)))
  for (const { id } of all) await world.settled(id, PATIENCE_MS)
  const stopped = all.pop()
  if (!stopped) throw new Error('no app was made')
  await world.slipway.api('POST', `/api/deployments/${stopped.id}/stop`)
  await untilShown(world, [stopped], 'stopped')
  await untilShown(world, all, 'running')
  return { apps: all, stopped }
}

async function ask(world: World, githubUrl: string, subdomain: string): Promise<App> {
  const says = `this is ${subdomain}`
  const input = { githubUrl, subdomain, env: [{ key: 'SAYS', value: says }] }
  const { status, body } = await world.slipway.api('POST', '/api/deployments', input)
  if (status !== 202) throw new Error(`${subdomain}: ${status} ${JSON.stringify(body)}`)
  return { id: body.deployment.id, subdomain, says }
}

/** How each app is shown, by its id, with the reason where one is told. */
export async function readStatuses(
  world: World,
): Promise<Map<string, { status: string; error?: { message: string } }>> {
  const { body } = await world.slipway.api('GET', '/api/deployments')
  return new Map(body.deployments.map((it: any) => [it.id, it]))
}

/** Waits until Slipway shows all of them so. @throws with those that it does not, after a minute */
export async function untilShown(world: World, apps: App[], status: string): Promise<void> {
  const until = Date.now() + 60_000
  for (;;) {
    const shown = await readStatuses(world)
    const others = apps.filter((app) => shown.get(app.id)?.status !== status)
    if (others.length === 0) return
    if (Date.now() > until) {
      const said = others.map(({ id, subdomain }) => `${subdomain} ${JSON.stringify(shown.get(id))}`)
      throw new Error(`not shown as ${status}: ${said.join('; ')}`)
    }
    await sleep(100)
  }
}

/** Notes how apps are shown, until it is stopped. */
export function watchShown(world: World, apps: App[]) {
  const began = performance.now()
  let [lastOther, isOver] = [began, false]
  const loop = (async () => {
    while (!isOver) {
      const shown = await readStatuses(world).catch(() => new Map())
      if (apps.some(({ id }) => shown.get(id)?.status !== 'running')) lastOther = performance.now()
      await sleep(100)
    }
  })()
  return {
    /** Milliseconds until all were shown as running, and went on being. */
    async stop(): Promise<number> {
      isOver = true
      await loop
      return lastOther - began
    },
  }
}

/** What a drill has left lying must not be held against the next one. */
export async function heal(world: World, apps: App[]): Promise<void> {
  for (const { id } of apps) await world.slipway.api('POST', `/api/deployments/${id}/restart`)
  await untilShown(world, apps, 'running')
}
