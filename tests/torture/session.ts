import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { anyCommands } from './commands.ts'
import { expectAllWell } from './invariants.ts'
import { createMachine, type Machine, type OwnEngine } from './machine.ts'
import { emptyModel, type Model } from './model.ts'
import { createReal, type Real } from './real.ts'

export type Session = {
  seed: number
  sequences: number
  /** How long a sequence may be. */
  maxCommands: number
  path?: string
  replayPath?: string
  /** No new sequence begins any more. */
  isOver?: () => boolean
  /** Looks for the shortest sequence that fails. */
  shrink?: boolean
  engine?: OwnEngine
  tell?: (text: string) => void
}
export type Report = { sequences: number; commands: number; counts: Map<string, number>; failure: string | undefined }

export function asFailure(error: Error): Report {
  return { sequences: 0, commands: 0, counts: new Map(), failure: String(error.stack) }
}

/** Runs random sequences on one machine, which is empty again after each. */
export async function runSession(session: Session): Promise<Report> {
  const machine = await createMachine(session.engine)
  const report = await explore(session, machine).catch(asFailure)
  const left = await machine.destroy().then(
    () => [],
    (error: Error) => [String(error)],
  )
  const failures = [...(report.failure === undefined ? [] : [report.failure]), ...left]
  return { ...report, failure: failures.length > 0 ? failures.join('\n') : undefined }
}

async function explore(session: Session, machine: Machine): Promise<Report> {
  const { seed, path, replayPath, sequences, maxCommands } = session
  const counts = new Map<string, number>()
  let done = 0
  let commands = 0
  const tell = (said: string) => {
    commands++
    // A machine whose engine is not its own cannot start it again.
    const text = session.engine ? said : said.replace('engine restarted', 'engine hangs')
    const kind = text.replace(/ (red|blue)| after \d+ ms/g, '')
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    session.tell?.(`  ${text}`)
  }
  const empty = await machine.world.inventory()
  const real = createReal(machine, empty, tell)
  const property = fc.asyncProperty(
    anyCommands({ maxCommands, ...(replayPath !== undefined && { replayPath }) }),
    async (sequence) => {
      if (session.isOver?.()) return
      // One without a command tries nothing, and does not count.
      fc.pre([...sequence].length > 0)
      session.tell?.(`sequence ${done + 1}`)
      const model = emptyModel()
      const failure = await failureOf(async () => {
        await fc.asyncModelRun(() => ({ model, real }), sequence)
        if (model.apps.size > 0) await expectCalm(machine)
      })
      const uncleared = await failureOf(() => clear(model, real))
      // What it was comes first: a machine that is not well cannot be cleared either.
      if (failure ?? uncleared) throw failure ?? uncleared
      await expectAllWell(emptyModel(), real)
      await expectEmpty(machine, empty)
      done++
    },
  )
  const details = await fc.check(property, {
    seed,
    numRuns: sequences,
    endOnFailure: !session.shrink,
    ...(path !== undefined && { path }),
  })
  return {
    sequences: done,
    commands,
    counts,
    failure: details.failed
      ? describe(`${fc.defaultReportMessage(details)}\n${details.errorInstance}`, machine)
      : undefined,
  }
}

function describe(said: string, machine: Machine): string {
  return `${said}\n${machine.world.slipway.output().slice(-6000)}`
}

const failureOf = (work: () => Promise<void>): Promise<unknown> =>
  work().then(
    () => undefined,
    (error) => error,
  )

/** Takes everything down, whatever it is in. */
async function clear(model: Model, real: Real): Promise<void> {
  await real.machine.heal()
  const { body } = (await real.api('GET', '/api/deployments')) ?? { body: { deployments: [] } }
  for (const { id } of body.deployments) await real.api('DELETE', `/api/deployments/${id}`)
  for (const { id } of body.deployments) await real.untilGone(id)
  model.apps.clear()
}

/** After a delete nothing is left. */
async function expectEmpty(machine: Machine, empty: Record<string, string[]>): Promise<void> {
  const now = await machine.world.inventory()
  const left = Object.keys(empty).filter(
    (place) => place !== 'cloudflare' && !isDeepStrictEqual(empty[place], now[place]),
  )
  if (left.length > 0) throw new Error(`left behind: ${left.map((it) => `${it} ${now[it]}`).join('; ')}`)
}

/** A round of the reconciler, which looks every second, changes nothing where all was well before. */
async function expectCalm({ world: { slipway } }: Machine): Promise<void> {
  const said = slipway.output().length
  await sleep(1200)
  const changes = slipway
    .output()
    .slice(said)
    .split('\n')
    .filter((line) => line.includes('reconciler: '))
  if (changes.length > 0) throw new Error(`the reconciler changes what was in order: ${changes}`)
}
