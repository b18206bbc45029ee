import { setTimeout as sleep } from 'node:timers/promises'
import { busyApp } from '../support/busy-app.ts'
import type { Repository } from '../support/git-server.ts'
import { startLoad } from '../support/load.ts'
import { dockerfile, makeApp } from '../support/small-app.ts'
import type { World } from '../support/world.ts'

const PATIENCE_MS = 60_000
/** What does not build leaves other things than what does. */
const BROKEN = { Dockerfile: 'FROM node:24-slim\nCOPY what-is-not-there /\n' }

export type App = { id: string; subdomain: string; repository: Repository; version: number }
/** What visitors saw: answers, and requests that failed, with the reason. */
export type Visits = { answers: number; failures: string[] }

export const hostOf = (subdomain: string) => `${subdomain}.example.com`
const textOf = (subdomain: string, version: number) => `${subdomain}, version ${version}`

/** Deploys a new repository, and asks for it through nginx. */
export async function deployApp(world: World, subdomain: string): Promise<App> {
  const repository = await makeApp(world, busyApp(textOf(subdomain, 1)))
  const { id, status, error } = await world.deploy({ githubUrl: repository.url, subdomain })
  if (status !== 'running') throw new Error(`${subdomain} is ${status}: ${JSON.stringify(error)}`)
  const app = { id, subdomain, repository, version: 1 }
  await untilAnswers(world, app)
  return app
}

/** Pushes the next version, of which the webhook tells, and waits until it answers and the old one is gone. */
export async function pushNext(world: World, app: App): Promise<void> {
  app.version += 1
  const text = textOf(app.subdomain, app.version)
  await app.repository.commit({ Dockerfile: dockerfile, 'server.js': busyApp(text) }, text)
  await untilAnswers(world, app)
  await world.settled(app.id)
}

/** Pushes what does not build: the app goes on answering. */
async function pushBroken(world: World, app: App): Promise<void> {
  const { repository, id } = app
  await repository.commit(BROKEN, 'Break it')
  await until(`${app.subdomain}: the broken build did not fail`, async () => {
    const { releases } = (await world.slipway.api('GET', `/api/deployments/${id}/releases`)).body
    return releases[0].status === 'failed'
  })
  await world.settled(id)
  await untilAnswers(world, app)
}

/** Deletes an app and checks the receipt: all that was made is told, looked for and gone. */
export async function removeApp(world: World, { id, subdomain }: App): Promise<void> {
  const { entries } = await world.remove(id)
  const kinds = new Set(entries.map((it: any) => it.kind))
  const missing = ['container', 'image', 'network', 'port', 'vhost', 'dns-record'].filter((it) => !kinds.has(it))
  if (missing.length > 0) throw new Error(`${subdomain}: the receipt does not tell of ${missing}`)
  const doubtful = entries.filter((it: any) => !it.verified || it.removedAt === null)
  if (doubtful.length > 0) throw new Error(`${subdomain}: the receipt is not sure of ${JSON.stringify(doubtful)}`)
  const { status } = await world.ask(hostOf(subdomain))
  if (status < 400) throw new Error(`${subdomain} answers ${status} although it was deleted`)
}

/** One app: deployed, visited, pushed to, deleted. */
export async function runCycle(world: World, name: string, options: { broken: boolean }): Promise<Visits> {
  const app = await deployApp(world, name)
  const visits = await whileVisited(world, app, async () => {
    if (options.broken) await pushBroken(world, app)
    await pushNext(world, app)
  })
  await removeApp(world, app)
  return visits
}

/** Some 40 requests a second, on connections that are kept. */
async function whileVisited(world: World, { subdomain }: App, work: () => Promise<void>): Promise<Visits> {
  const place = { port: world.slipway.httpPort, hostname: hostOf(subdomain) }
  const load = startLoad({ ...place, name: subdomain, connections: 2, pauseMs: 50 })
  const error = await work().catch((reason: unknown) => reason)
  const { answers, failures } = await load.stop()
  if (error !== undefined) throw error
  return { answers, failures: failures.map((it) => `${subdomain}: ${it}`) }
}

async function untilAnswers(world: World, app: App): Promise<void> {
  const text = textOf(app.subdomain, app.version)
  await until(`${text} does not answer`, async () => {
    const answer = await world.ask(hostOf(app.subdomain))
    return answer.status === 200 && answer.text === text
  })
}

async function until(otherwise: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(otherwise)
    await sleep(25)
  }
}
