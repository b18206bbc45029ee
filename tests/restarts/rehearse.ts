import { setTimeout as sleep } from 'node:timers/promises'
import { type App, readStatuses, untilShown, watchShown } from './apps.ts'
import type { Drill } from './drills.ts'
import type { Machine } from './machine.ts'
import { differences, readState, type State } from './state.ts'
import { startVisits, type Visited } from './visits.ts'

export type Outcome = {
  drill: string
  visited: Visited[]
  /** From the blow until Slipway shows every app as running. */
  shownMs: number
  note: string | undefined
  problems: string[]
}

/** So long the last app may take to answer again. */
const PATIENCE_MS = 45_000

/** One drill: a blow, the way back, and everything that has to be as it was. */
export async function rehearse(
  machine: Machine,
  drill: Drill,
  { apps, stopped, roundSeconds }: { apps: App[]; stopped: App; roundSeconds: number },
): Promise<Outcome> {
  const before = await readState(machine)
  const visits = startVisits(machine.world, apps)
  await sleep(500)
  visits.blow()
  const shown = watchShown(machine.world, apps)
  const problems: string[] = []
  const notice = (error: unknown) => void problems.push(String(error))
  const blow = drill.strike(machine)
  machine.blow = blow.catch(() => undefined)
  const note = await blow
  await visits
    .untilSteady(PATIENCE_MS)
    .then(() => untilShown(machine.world, apps, 'running'))
    .catch(notice)
  const shownMs = await shown.stop()
  const visited = await visits.stop()
  problems.push(...visited.flatMap(({ app, wrong }) => wrong.map((text) => `${app.subdomain} answered “${text}”`)))
  if ((await readStatuses(machine.world)).get(stopped.id)?.status !== 'stopped')
    problems.push('a stopped app is not stopped')
  problems.push(...(await lookAfter(machine, before, roundSeconds)))
  return { drill: drill.name, visited, shownMs, note, problems }
}

/** What is not as it was, and what a further round of the reconciler changed. */
async function lookAfter(machine: Machine, before: State, roundSeconds: number): Promise<string[]> {
  const { slipway } = machine.world
  const lines = () =>
    slipway
      .output()
      .split('\n')
      .filter((line) => line.includes('reconciler: '))
  // The round that is under way, and one more.
  await sleep(roundSeconds * 1000 + 1000)
  const said = lines().length
  await sleep(roundSeconds * 1000 + 500)
  const changes = lines().slice(said)
  return [...differences(before, await readState(machine)), ...changes.map((it) => `a further round: ${it}`)]
}
