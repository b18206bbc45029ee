/**
 * The whole life of an app, with nothing from outside: repository, deploy, push, redeploy, delete, receipt.
 * `demo.ts` ends with 0 only if nothing is left. `demo.ts --keep FOLDER` deploys, writes FOLDER/ready and takes
 * everything down when it is told to end. Run by scripts/demo and scripts/up.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type GitServer, startGitServer } from '../tests/support/git-server.ts'
import { findInFirewall, findInFolder, findOnEngine, removeFromEngine } from './demo-leftovers.ts'
import { type Slipway, startSlipway, visit } from './demo-slipway.ts'

type StepView = { name: string; state: string; startedAt: string; endedAt: string | null; error?: unknown }
type StatusView = { status: string; release: number; steps: StepView[] }
type DeploymentView = { id: string; url: string; port: number; release: number; status: string; error?: unknown }
type ReceiptView = { entries: { step: string; kind: string; name: string; removedAt: string; verified: boolean }[] }

const SAMPLE = path.join(import.meta.dirname, '..', 'tests', 'fixtures', 'hello-node')
const HOST = 'hello.localhost'
const started = Date.now()

const say = (text: string) => console.log(`[${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s] ${text}`)

/** All that runs for the demonstration; whatever is set has to be ended. */
type World = { folder: string; instance: string; git?: GitServer; slipway?: Slipway; appId?: string }

async function open(world: World, ports: { port?: number; httpPort?: number }) {
  const git = await startGitServer(path.join(world.folder, 'git'))
  world.git = git
  const repository = await git.makeRepository('demo', 'hello-node', SAMPLE)
  say(`A sample repository is served at ${repository.url}`)
  const slipway = await startSlipway({ ...world, ...ports, gitUrl: git.url })
  world.slipway = slipway
  say(`Slipway answers at ${slipway.url}, nginx listens on port ${slipway.httpPort}`)
  return { repository, slipway }
}

async function deploy(world: World, slipway: Slipway, githubUrl: string): Promise<DeploymentView> {
  say('Deploying it as the subdomain hello')
  const body = { githubUrl, subdomain: 'hello', env: [{ key: 'GREETING', value: 'hello' }] }
  const { deployment } = await slipway.call<{ deployment: DeploymentView }>('POST', '/api/deployments', body)
  world.appId = deployment.id
  await follow(slipway, deployment.id, 1)
  return showApp(slipway, deployment.id)
}

async function showApp(slipway: Slipway, id: string): Promise<DeploymentView> {
  const { deployment } = await slipway.call<{ deployment: DeploymentView }>('GET', `/api/deployments/${id}`)
  return deployment
}

/** A checkout is undone again as soon as the release is live. */
const ended = new Set(['done', 'undone'])

/** Prints the steps of a release as they end. @throws when one fails. */
async function follow(slipway: Slipway, id: string, release: number): Promise<void> {
  const shown = new Set<string>()
  const deadline = Date.now() + 10 * 60_000
  while (Date.now() < deadline) {
    const now = await slipway.call<StatusView>('GET', `/api/status/${id}`)
    const steps = now.release === release ? now.steps : []
    for (const step of steps) {
      if (step.endedAt === null || !ended.has(step.state) || shown.has(step.name)) continue
      shown.add(step.name)
      say(`  ${step.name.padEnd(18)} ${((Date.parse(step.endedAt) - Date.parse(step.startedAt)) / 1000).toFixed(2)} s`)
    }
    const app = await showApp(slipway, id)
    if (app.release === release && app.status === 'running' && steps.every(({ state }) => ended.has(state))) return
    const failed = steps.find(({ state }) => state === 'failed')
    if (app.status === 'failed' || app.status === 'stuck' || failed) {
      throw new Error(
        `Release ${release} failed: ${JSON.stringify(failed?.error ?? app.error)}\n${await buildLog(slipway, id)}`,
      )
    }
    await sleep(100)
  }
  throw new Error(`Release ${release} was not live after ten minutes`)
}

async function buildLog(slipway: Slipway, id: string): Promise<string> {
  const { lines } = await slipway.call<{ lines: { text: string }[] }>('GET', `/api/logs/${id}?kind=build&limit=1000`)
  return lines
    .slice(-20)
    .map(({ text }) => text)
    .join('\n')
}

async function expectText(slipway: Slipway, expected: string): Promise<void> {
  const { status, text } = await visit(slipway.httpPort, HOST)
  say(`A visitor of http://${HOST}:${slipway.httpPort} gets ${status} “${text}”`)
  if (status !== 200 || text !== expected) throw new Error(`The visitor should have got “${expected}”`)
}

async function remove(world: World, slipway: Slipway): Promise<void> {
  const id = world.appId
  if (id === undefined) return
  await slipway.call('DELETE', `/api/deployments/${id}`)
  for (let tries = 0; ; tries += 1) {
    const { deployments } = await slipway.call<{ deployments: DeploymentView[] }>('GET', '/api/deployments')
    const left = deployments.find((deployment) => deployment.id === id)
    if (!left) break
    if (left.status === 'stuck' || tries > 600)
      throw new Error(`The app could not be deleted: ${JSON.stringify(left.error)}`)
    await sleep(100)
  }
  delete world.appId
}

async function showReceipt(slipway: Slipway, id: string): Promise<void> {
  const { receipt } = await slipway.call<{ receipt: ReceiptView }>('GET', `/api/receipts/${id}`)
  say(`Deleted. The receipt has ${receipt.entries.length} entries:`)
  for (const { step, kind, name, verified } of receipt.entries) {
    say(`  ${step.padEnd(18)} ${kind} ${name}: ${verified ? 'gone, looked for' : 'NOT VERIFIED'}`)
  }
  if (receipt.entries.length === 0 || receipt.entries.some(({ verified }) => !verified)) {
    throw new Error('The receipt is empty, or not all of it was verified')
  }
}

async function expectNothingLeft(world: World, slipway: Slipway): Promise<void> {
  const left = [
    ...(await findOnEngine(world.instance)),
    ...(await findInFirewall(world.instance)),
    ...findInFolder(slipway.dataDir),
  ]
  if (left.length > 0) throw new Error(`Left behind:\n  ${left.join('\n  ')}`)
  const { text } = await visit(slipway.httpPort, HOST)
  if (text.startsWith('Hello')) throw new Error('The deleted app still answers')
  say('Nothing is left: no container, image, network, volume, vhost, port or ledger entry')
}

async function wholeLife(world: World): Promise<void> {
  const { repository, slipway } = await open(world, {})
  const { id } = await deploy(world, slipway, repository.url)
  await expectText(slipway, 'Hello from Node')

  const sha = await repository.commit({ 'message.txt': 'Hello from a second commit\n' }, 'Say something else')
  say(`Pushed ${sha.slice(0, 7)}, deploying it`)
  await slipway.call('POST', `/api/deployments/${id}/redeploy`)
  await follow(slipway, id, 2)
  await expectText(slipway, 'Hello from a second commit')

  await remove(world, slipway)
  await showReceipt(slipway, id)
  await expectNothingLeft(world, slipway)
}

async function keep(world: World): Promise<void> {
  await removeFromEngine(world.instance) // what a demo that was killed may have left
  const { repository, slipway } = await open(world, {
    port: Number(process.env.SLIPWAY_PORT || 2999),
    httpPort: Number(process.env.SLIPWAY_HTTP_PORT || 8080),
  })
  await deploy(world, slipway, repository.url)
  await expectText(slipway, 'Hello from Node')
  const facts = { APP_HOST: HOST, HTTP_PORT: slipway.httpPort, UI: slipway.url, PASSWORD: slipway.password }
  const text = Object.entries(facts).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(path.join(world.folder, 'ready'), text.join(''), { mode: 0o600 })
  await new Promise(() => setInterval(() => undefined, 2 ** 30))
}

/** Ends everything, each part whether or not another could be ended. Answers what went wrong. */
async function close(world: World): Promise<string[]> {
  const problems: string[] = []
  const attempt = async (work: Promise<unknown> | undefined) => {
    await work?.catch((error: unknown) => problems.push(error instanceof Error ? error.message : String(error)))
  }
  if (world.slipway) await attempt(remove(world, world.slipway))
  await attempt(world.slipway?.stop())
  await attempt(world.git?.stop())
  await attempt(removeFromEngine(world.instance))
  return problems
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { keep: { type: 'string' } } })
  const folder = values.keep ?? (await mkdtemp(path.join(tmpdir(), 'slipway-demo-')))
  const instance = values.keep ? 'slipway-demo' : `slipway-demo-${randomBytes(3).toString('hex')}`
  const world: World = { folder, instance }
  const told = new Promise<'told'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve('told'))
  })
  let code = 0
  try {
    if ((await Promise.race([values.keep ? keep(world) : wholeLife(world), told])) === 'told')
      code = values.keep ? 0 : 130
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    code = 1
  }
  if (code === 130) say('Told to end: taking everything down')
  const problems = await close(world)
  if (!values.keep) await rm(folder, { recursive: true, force: true })
  for (const problem of problems) console.error(problem)
  return problems.length > 0 ? 1 : code
}

process.exit(await main())
