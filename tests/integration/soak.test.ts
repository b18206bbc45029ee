import { afterAll, beforeAll, expect, test } from 'vitest'
import { growthOf, type Part, type Reading, runSoak } from '../soak/soak.ts'
import { createWorld, type World } from '../support/world.ts'

/** `npm run soak` is the same for longer: it also judges memory, of which a minute says nothing. */
const [CYCLES, APPS, SECONDS] = [2, 3, 4]
/** Sockets of those who ask come and go. */
const FEW = 4

let world: World
beforeAll(async () => {
  const env = { SLIPWAY_RECONCILE_SECONDS: '1', SLIPWAY_GITHUB_POLL_SECONDS: '2' }
  world = await createWorld({ github: true, cloudflare: true, env })
})
afterAll(() => world.destroy())

test('apps that come and go, and apps that stay and are pushed to, leave no more than they may', async () => {
  const never = () => false
  const tell = () => undefined
  const options = { cycles: CYCLES, apps: APPS, seconds: SECONDS, readings: 1, restMs: 1000, isOver: never, tell }
  const { parts, left } = await runSoak(world, options)
  expect(left).toEqual([])
  expect(parts.flatMap((it) => it.failures)).toEqual([])
  expect(parts.flatMap((it) => growthOf(it, APPS)).filter((it) => it.verdict === 'grows')).toEqual([])

  const [cycles, pushes] = parts as [Part, Part]
  expect(lastOf(cycles)).toMatchObject({ ...NOTHING, 'rows: receipts': CYCLES + 2, 'ports held': 0 })
  expect(lastOf(pushes)).toMatchObject({ 'engine: containers': APPS, 'engine: networks': APPS, 'nginx: vhosts': APPS })
  expect(pushes.count).toBeGreaterThan(0)
  for (const part of parts) expect(opened(part.readings.at(-1)) - opened(part.readings[0])).toBeLessThanOrEqual(FEW)
}, 120_000)

const NOTHING = Object.fromEntries(
  ['containers', 'images', 'networks', 'volumes', 'build cache records']
    .map((it) => `engine: ${it}`)
    .concat(['deployments', 'releases', 'release_steps', 'ledger', 'jobs', 'build_logs'].map((it) => `rows: ${it}`))
    .concat(['clones of repositories', 'nginx: vhosts', 'GitHub: webhooks', 'Cloudflare: records'])
    .map((it) => [it, 0]),
)
const lastOf = ({ readings }: Part) => readings.at(-1)?.figures ?? {}
const opened = (reading: Reading | undefined) => reading?.figures['Slipway: open files and sockets'] ?? Number.NaN
