import { randomUUID } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
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
/** What one of the three ways takes, in ms: `build` for the image, `live` until traffic goes to the new release. */
type Times = { build: number; live?: number }
type Builder = { build(files: Files): Promise<Times>; end(): Promise<void> }
type Who = 'slipway' | 'hand' | 'naive'

/** In each round a line is changed as often: that is what a day consists of. */
const LINES = 3

/**
 * A TypeScript app of Nest and its 200 packages: its first build, then with one line changed, with a dependency more, and
 * with nothing changed; by Slipway, by `docker build` of the very Dockerfile that Slipway writes, and by the Dockerfile that
 * everybody writes first. All with cold caches of their own, each change by one after the other, in one run.
 */
export async function benchBuilds(world: World, rounds: number): Promise<void> {
  const figures = Object.fromEntries(moments.map((it) => [it, [] as Record<Who, Times>[]]))
  for (let round = 0; round < rounds; round++) {
    for (const { moment, times } of await playRound(world)) figures[moment]?.push(times)
  }
  console.log(`\nNest app, ${rounds} rounds, each with cold caches of its own`)
  for (const moment of moments) tell(moment, figures[moment] ?? [])
}

async function playRound(world: World) {
  const name = randomUUID().slice(0, 8)
  const first = await changesOf(name, 'first build')
  const slipway = await bySlipway(world, first)
  const builders = {
    slipway,
    hand: await byHand(slipway.dockerfile),
    naive: await startBuilder({ Dockerfile: NAIVE }, ''),
  }
  const order = moments.flatMap((it) => (it === 'one line changed' ? Array<Moment>(LINES).fill(it) : [it]))
  const results: { moment: Moment; times: Record<Who, Times> }[] = []
  for (const moment of order) {
    const changes = moment === 'first build' ? first : await changesOf(name, moment)
    const times: Partial<Record<Who, Times>> = {}
    for (const [who, builder] of Object.entries(builders)) times[who as Who] = await builder.build(changes)
    results.push({ moment, times: times as Record<Who, Times> })
  }
  for (const builder of Object.values(builders)) await builder.end()
  return results
}

function tell(moment: Moment, figures: Record<Who, Times>[]): void {
  const times = (who: Who) => figures.map((it) => it[who].build)
  const against = (who: 'hand' | 'naive') => {
    const ratios = figures.map((it) => it.slipway.build / it[who].build)
    return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`
  }
  console.log(`  ${moment}`)
  console.log(
    `    Slipway’s build step ${show(times('slipway'))}, live after ${show(figures.map((it) => it.slipway.live ?? Number.NaN))}`,
  )
  console.log(`    docker build of the same Dockerfile ${show(times('hand'))}; Slipway’s part of it ${against('hand')}`)
  console.log(
    `    docker build of the naive Dockerfile ${show(times('naive'))}; Slipway’s part of it ${against('naive')}`,
  )
}

/** The files that differ from moment to moment; the name makes every layer new. */
async function changesOf(name: string, moment: Moment): Promise<Files> {
  const read = (file: string) => readFile(path.join(FIXTURE, file), 'utf8')
  const named = async (file: string) => (await read(file)).replaceAll('"nest-app"', `"${name}"`)
  const manifests = async () => ({
    'package.json': await named('package.json'),
    'package-lock.json': await named('package-lock.json'),
  })
  if (moment === 'nothing changed') return {}
  if (moment === 'one dependency more') return withDependency(await manifests())
  const line = { [LINE]: (await read(LINE)).replace('Hello from', `Hello of ${randomUUID()} from`) }
  return moment === 'first build' ? { ...(await manifests()), ...line } : line
}

async function withDependency(manifests: Files): Promise<Files> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-bench-'))
  await write(folder, manifests)
  await run('npm', ['install', '--package-lock-only', '--ignore-scripts', 'nanoid'], { cwd: folder })
  const read = (file: string) => readFile(path.join(folder, file), 'utf8')
  const files = { 'package.json': await read('package.json'), 'package-lock.json': await read('package-lock.json') }
  await rm(folder, { recursive: true })
  return files
}

async function bySlipway(world: World, first: Files): Promise<Builder & { dockerfile: string }> {
  const repository = await world.git.makeRepository('acme', `nest-${randomUUID().slice(0, 8)}`, FIXTURE)
  const input = { githubUrl: repository.url, subdomain: 'nest' }
  await repository.commit(first, 'First')
  const { body: plan } = await world.slipway.api('POST', '/api/plan', input)
  let id = ''
  return {
    dockerfile: plan.dockerfile,
    async build(files) {
      if (id !== '' && Object.keys(files).length > 0) await repository.commit(files, 'Change')
      const began = Date.now()
      if (id === '') id = (await world.deploy(input)).id
      else await world.slipway.api('POST', `/api/deployments/${id}/redeploy`)
      const { status, error } = await world.settled(id)
      if (status !== 'running' || error) throw new Error(`${status} ${error?.message}`)
      const { steps } = await world.status(id)
      const stepOf = (name: string) => steps.find((it: { name: string }) => it.name === name)
      const { startedAt, endedAt } = stepOf('build-image')
      return {
        build: Date.parse(endedAt) - Date.parse(startedAt),
        live: Date.parse(stepOf('prove-live').endedAt) - began,
      }
    },
    async end() {
      await reportSize(world, id)
      await world.remove(id)
    },
  }
}

/** As Slipway sends it: the sources in src/, beside the Dockerfile; with caches of its own. */
const byHand = (dockerfile: string) =>
  startBuilder({ Dockerfile: dockerfile.replace(/slipway-[0-9a-f]{12}/g, `bench-${randomUUID().slice(0, 8)}`) }, 'src')

async function startBuilder(files: Files, sources: string): Promise<Builder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-bench-'))
  const image = `slipway-bench-${randomUUID().slice(0, 8)}`
  await mkdir(path.join(folder, sources), { recursive: true })
  await cp(FIXTURE, path.join(folder, sources), { recursive: true })
  await write(folder, files)
  return {
    async build(changes) {
      await write(path.join(folder, sources), changes)
      return { build: await buildByHand(folder, image) }
    },
    async end() {
      await removeImage(image)
      await rm(folder, { recursive: true })
    },
  }
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
