import { randomUUID } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Repository } from '../tests/support/git-server.ts'
import type { World } from '../tests/support/world.ts'
import { buildByHand, client, removeImage, run } from './by-hand.ts'
import { median, show } from './figures.ts'

const FIXTURE = path.join(import.meta.dirname, '..', 'tests', 'fixtures', 'frameworks', 'nest')
const LINE = 'src/app.service.ts'
const NAIVE =
  'FROM node:24-slim\nWORKDIR /app\nCOPY . .\nRUN npm install\nRUN npm run build\nEXPOSE 3000\nCMD ["npm", "run", "start:prod"]\n'

const moments = ['first build', 'one line changed', 'one dependency more', 'nothing changed'] as const
type Moment = (typeof moments)[number]
type Files = Record<string, string>
/** ms by moment. */
type Times = Record<Moment, number>
/** `slipway` is its build step, `live` the time from the request until traffic goes to the new release. */
type Figures = Record<'slipway' | 'live' | 'hand' | 'naive', Times[]>

/**
 * A TypeScript app of Nest and its 200 packages: its first build, then with one line changed, with a dependency more, and
 * with nothing changed; by Slipway, by `docker build` of the very Dockerfile that Slipway writes, and by the Dockerfile that
 * everybody writes first. All with cold caches of their own, in turn, in one run.
 */
export async function benchBuilds(world: World, rounds: number): Promise<void> {
  const figures: Figures = { slipway: [], live: [], hand: [], naive: [] }
  for (let round = 0; round < rounds; round++) {
    const changes = await changesOf(randomUUID().slice(0, 8))
    const { build, live, dockerfile } = await bySlipway(world, changes)
    figures.slipway.push(build)
    figures.live.push(live)
    figures.hand.push(await byHand(changes, dockerfile))
    figures.naive.push(await naively(changes))
  }
  console.log(`\nNest app, ${rounds} rounds, each with cold caches of its own`)
  for (const moment of moments) tell(figures, moment)
}

function tell(figures: Figures, moment: Moment): void {
  const times = (who: keyof typeof figures) => figures[who].map((it) => it[moment])
  const against = (who: 'hand' | 'naive') => {
    const ratios = times('slipway').map((ms, round) => ms / (times(who)[round] ?? Number.NaN))
    return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`
  }
  console.log(`  ${moment}`)
  console.log(`    Slipway’s build step ${show(times('slipway'))}, live after ${show(times('live'))}`)
  console.log(`    docker build of the same Dockerfile ${show(times('hand'))}; Slipway’s part of it ${against('hand')}`)
  console.log(
    `    docker build of the naive Dockerfile ${show(times('naive'))}; Slipway’s part of it ${against('naive')}`,
  )
}

/** The files that differ from moment to moment; the name makes every layer new. */
async function changesOf(name: string): Promise<Record<Moment, Files>> {
  const read = (file: string) => readFile(path.join(FIXTURE, file), 'utf8')
  const named = (text: string) => text.replaceAll('"nest-app"', `"${name}"`)
  const [manifest, lock, line] = [
    named(await read('package.json')),
    named(await read('package-lock.json')),
    await read(LINE),
  ]
  const changed = { [LINE]: line.replace('Hello from', `Hello of ${name} from`) }
  return {
    'first build': { 'package.json': manifest, 'package-lock.json': lock, [LINE]: line },
    'one line changed': changed,
    'one dependency more': await withDependency(manifest, lock),
    'nothing changed': {},
  }
}

async function withDependency(manifest: string, lock: string): Promise<Files> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-bench-'))
  await writeFile(path.join(folder, 'package.json'), manifest)
  await writeFile(path.join(folder, 'package-lock.json'), lock)
  await run('npm', ['install', '--package-lock-only', '--ignore-scripts', 'nanoid'], { cwd: folder })
  const read = (file: string) => readFile(path.join(folder, file), 'utf8')
  const files = { 'package.json': await read('package.json'), 'package-lock.json': await read('package-lock.json') }
  await rm(folder, { recursive: true })
  return files
}

async function bySlipway(world: World, changes: Record<Moment, Files>) {
  const repository = await world.git.makeRepository('acme', `nest-${randomUUID().slice(0, 8)}`, FIXTURE)
  const input = { githubUrl: repository.url, subdomain: 'nest' }
  await commit(repository, changes['first build'])
  const { body: plan } = await world.slipway.api('POST', '/api/plan', input)
  const build: Partial<Times> = {}
  const live: Partial<Times> = {}
  let id = ''
  for (const moment of moments) {
    if (moment !== 'first build') await commit(repository, changes[moment])
    const began = Date.now()
    if (id === '') id = (await world.deploy(input)).id
    else await world.slipway.api('POST', `/api/deployments/${id}/redeploy`)
    const { status, error } = await world.settled(id)
    if (status !== 'running' || error) throw new Error(`${moment}: ${status} ${error?.message}`)
    const { steps } = await world.status(id)
    const stepOf = (name: string) => steps.find((it: { name: string }) => it.name === name)
    build[moment] = Date.parse(stepOf('build-image').endedAt) - Date.parse(stepOf('build-image').startedAt)
    live[moment] = Date.parse(stepOf('prove-live').endedAt) - began
  }
  await reportSize(world, id)
  await world.remove(id)
  return { build: build as Times, live: live as Times, dockerfile: plan.dockerfile as string }
}

const commit = async (repository: Repository, files: Files) => {
  if (Object.keys(files).length > 0) await repository.commit(files, 'Change')
}

/** As Slipway sends it: the sources in src/, beside the Dockerfile; with caches of its own. */
async function byHand(changes: Record<Moment, Files>, dockerfile: string): Promise<Times> {
  const own = dockerfile.replace(/slipway-[0-9a-f]{12}/g, `bench-${randomUUID().slice(0, 8)}`)
  return buildAll(changes, { Dockerfile: own }, 'src')
}

const naively = (changes: Record<Moment, Files>) => buildAll(changes, { Dockerfile: NAIVE }, '')

async function buildAll(changes: Record<Moment, Files>, files: Files, sources: string): Promise<Times> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-bench-'))
  const image = `slipway-bench-${randomUUID().slice(0, 8)}`
  await mkdir(path.join(folder, sources), { recursive: true })
  await cp(FIXTURE, path.join(folder, sources), { recursive: true })
  await write(folder, files)
  const times: Partial<Times> = {}
  for (const moment of moments) {
    await write(path.join(folder, sources), changes[moment])
    times[moment] = await buildByHand(folder, image)
  }
  await removeImage(image)
  await rm(folder, { recursive: true })
  return times as Times
}

async function write(folder: string, files: Files): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text)
}

/** The image beside what cannot be less: its base and the production dependencies. */
async function reportSize(world: World, id: string): Promise<void> {
  const { body } = await world.slipway.api('GET', `/api/deployments/${id}`)
  const sizeOf = async (image: string) => (await world.docker.getImage(image).inspect()).Size
  const [whole, base] = [await sizeOf(body.deployment.dockerImage), await sizeOf('node:24-slim')]
  const { stdout } = await run(client, ['exec', body.deployment.containerId, 'du', '-sb', '/app/node_modules'])
  const dependencies = Number.parseInt(stdout, 10)
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
  const least = base + dependencies
  console.log(
    `image ${mb(whole)}: base ${mb(base)}, production dependencies ${mb(dependencies)}; ${((whole / least - 1) * 100).toFixed(1)} % above the two together`,
  )
}
