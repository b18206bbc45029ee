import { expect, test } from 'vitest'
import { runSession } from '../torture/session.ts'

/** Three machines at once: each waits as much as it works. `npm run torture -- --seed N` runs more of the same, for longer. */
const SEEDS = [20_261_121, 20_261_122, 20_261_123]
const SEQUENCES = 7

test('whatever users and the machine do, apps are wholly live or wholly gone, and nothing else is touched', async () => {
  const run = (seed: number) => runSession({ seed, sequences: SEQUENCES, maxCommands: 4 })
  const reports = await Promise.all(SEEDS.map(run))
  expect(reports.flatMap((it) => it.failure ?? [])).toEqual([])
  const commands = reports.reduce((sum, it) => sum + it.commands, 0)
  console.log(`torture: seeds ${SEEDS}, ${SEEDS.length * SEQUENCES} sequences, ${commands} commands`)
  expect(reports.map((it) => it.sequences)).toEqual(SEEDS.map(() => SEQUENCES))
}, 240_000)
