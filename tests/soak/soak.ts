import { isDeepStrictEqual } from 'node:util'
import type { World } from '../support/world.ts'
import { startCrowd } from './crowd.ts'
import { type App, deployApp, pushNext, removeApp, runCycle, type Visits } from './cycle.ts'
import { createMeter, type Figures, type Meter } from './figures.ts'
import { type Judgement, judge, type Rule } from './growth.ts'
import { type Rules, ruleOf, rulesOfCycles, rulesOfPushes } from './rules.ts'

export type Options = {
  cycles: number
  apps: number
  /** How long the apps are visited and pushed to. */
  seconds: number
  /** So many of the cycles, at most, beside the one before the first. */
  readings: number
  /** See createMeter. */
  restMs: number
  /** Nothing new is begun any more. */
  isOver(): boolean
  tell(text: string): void
  /** Hears of each reading, so that what was measured is not lost with what comes after. */
  keep?(parts: Part[]): Promise<void>
}

export type Reading = { at: number; figures: Figures }
export type Growth = Judgement & { figure: string; rule: Rule }
export type Part = Visits & {
  name: string
  unit: 'cycle' | 'push'
  count: number
  seconds: number
  readings: Reading[]
}
/** `left`: what was not there before the first app, and is after the last one. */
export type Outcome = { parts: Part[]; left: string[] }

/** What a server makes at its first deploys, and keeps. */
const WARM_UP = 2
/** One in so many cycles also pushes what does not build. */
const BROKEN_EVERY = 10
const PUSHED_TO = 4
const PUSHES_A_READING = 2

/** Wears a world out, and reads what it has grown. */
export async function runSoak(world: World, options: Options): Promise<Outcome> {
  const empty = await world.inventory()
  const meter = await createMeter(world, options.restMs)
  const parts: Part[] = []
  if (options.cycles > 0) await soakCycles(world, meter, options, parts)
  if (options.apps > 0 && !options.isOver()) await soakApps(world, meter, options, parts)
  return { parts, left: leftBehind(empty, await world.inventory()) }
}

/** Each figure of a part, judged by what it may do. */
export function growthOf(part: Part, apps: number): Growth[] {
  const rules: Rules = part.unit === 'cycle' ? rulesOfCycles : rulesOfPushes(apps, Math.min(PUSHED_TO, apps))
  return Object.keys(part.readings[0]?.figures ?? {}).map((figure) => {
    const rule = ruleOf(figure, rules)
    const points = part.readings.map(({ at, figures }) => ({ at, value: figures[figure] ?? Number.NaN }))
    return { figure, rule, ...judge(points, rule) }
  })
}

async function soakCycles(world: World, meter: Meter, options: Options, parts: Part[]): Promise<void> {
  const { cycles, readings, isOver } = options
  const part = begin('create, push, delete', 'cycle', parts)
  const every = Math.ceil(cycles / readings)
  for (let number = 1 - WARM_UP; number <= cycles && !isOver(); number++) {
    const broken = number === 1 - WARM_UP || (number > 0 && number % BROKEN_EVERY === 0)
    note(part, await runCycle(world, `cycle-${number + WARM_UP}`, { broken }))
    part.count = Math.max(0, number)
    if (number >= 0 && number % every === 0) await read(meter, part, options, parts)
  }
}

async function soakApps(world: World, meter: Meter, options: Options, parts: Part[]): Promise<void> {
  const { apps: count, seconds, isOver, tell } = options
  const apps: App[] = []
  for (let number = 1; number <= count && !isOver(); number++) apps.push(await deployApp(world, `app-${number}`))
  tell(`  ${apps.length} apps are deployed`)
  const part = begin(`${apps.length} apps that stay, visited`, 'push', parts)
  const crowd = startCrowd(world, apps)
  const until = Date.now() + seconds * 1000
  const isEnough = () => isOver() || Date.now() > until
  try {
    await read(meter, part, options, parts)
    while (!isEnough()) {
      const app = apps[part.count % Math.min(PUSHED_TO, apps.length)]
      if (app) await pushNext(world, app)
      part.count += 1
      if (part.count % PUSHES_A_READING === 0) await read(meter, part, options, parts)
    }
    if (part.readings.at(-1)?.at !== part.count) await read(meter, part, options, parts)
  } finally {
    note(part, await crowd.stop())
  }
  for (const app of apps) await removeApp(world, app)
  await options.keep?.(parts)
}

function begin(name: string, unit: Part['unit'], parts: Part[]): Part {
  const part: Part = { name, unit, count: 0, seconds: 0, readings: [], answers: 0, failures: [] }
  parts.push(part)
  began.set(part, Date.now())
  return part
}

const began = new WeakMap<Part, number>()

function note(part: Part, { answers, failures }: Visits): void {
  part.answers += answers
  part.failures.push(...failures)
}

async function read(meter: Meter, part: Part, { tell, keep }: Options, parts: Part[]): Promise<void> {
  const figures = await meter.read()
  part.readings.push({ at: part.count, figures })
  part.seconds = Math.round((Date.now() - (began.get(part) ?? 0)) / 1000)
  const [resident, descriptors] = ['Slipway: resident KiB', 'Slipway: open files and sockets'].map((it) => figures[it])
  tell(
    `  ${part.unit} ${part.count}, ${part.seconds} s: ${((resident ?? 0) / 1024).toFixed(1)} MiB resident, ` +
      `${descriptors} open, ${part.failures.length} requests failed`,
  )
  await keep?.(parts)
}

/** Tunnels stay by design; what Cloudflare has for an app is among the figures. */
function leftBehind(empty: Record<string, string[]>, now: Record<string, string[]>): string[] {
  return Object.keys(empty)
    .filter((place) => place !== 'cloudflare' && !isDeepStrictEqual(empty[place], now[place]))
    .map((place) => `${place}: ${now[place]}`)
}
