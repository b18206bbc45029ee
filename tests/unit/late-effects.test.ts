import { expect, test } from 'vitest'
import { listLedger } from '../../server/db/ledger.ts'
import { insertRelease, listSteps } from '../../server/db/releases.ts'
import { createContext, type StepContext } from '../../server/deploy/context.ts'
import { applyAll, revertAll } from '../../server/deploy/run.ts'
import { defineStep } from '../../server/deploy/step.ts'
import { AppError, type ErrorCode } from '../../server/errors.ts'
import { makePreviewWorld } from '../support/preview-world.ts'

const MADE_AFTER_MS = 300

/** What a neighbour has, and a step that asks for a thing there, which is made a moment later. */
async function makeNeighbour(answer: () => Promise<void>, signal?: AbortSignal) {
  const world = await makePreviewWorld({ dataDir: '/nowhere' })
  const { number } = await insertRelease(world.db, await world.app())
  const things = new Set<string>()
  const step = defineStep({
    name: 'create-network',
    phase: 'building',
    until: 'deleted',
    effects: () => [{ kind: 'network', name: 'red' }],
    apply: async () => {
      setTimeout(() => things.add('red'), MADE_AFTER_MS)
      await answer()
    },
    revert: async () => void things.delete('red'),
    inspect: async (_, { name }) => things.has(name),
  })
  const ctx = await createContext(world.deps, world.id, number, signal ? { signal } : {})
  return { step, things, ctx, ledger: async () => (await listLedger(world.db, world.id)).map((it) => it.state) }
}

/** Also after the moment in which it would have been made. */
async function expectGoneForGood({
  things,
  ledger,
}: Pick<Awaited<ReturnType<typeof makeNeighbour>>, 'things' | 'ledger'>) {
  expect(await ledger()).toEqual(['removed'])
  await new Promise((resolve) => setTimeout(resolve, 2 * MADE_AFTER_MS))
  expect([...things]).toEqual([])
}

const refuse = (code: ErrorCode) => () => Promise.reject(new AppError(code, 'No.'))
const apply = (step: Parameters<typeof revertAll>[0][number], ctx: StepContext) =>
  applyAll([step], ctx, async () => undefined)

test('what the engine made after Slipway had died, and was not there yet when it was looked for, is taken away', async () => {
  const { step, things, ctx, ledger } = await makeNeighbour(() => new Promise(() => undefined))
  void apply(step, ctx)
  await expect.poll(ledger).toEqual(['pending'])
  await revertAll([step], ctx, 'deleted')
  await expectGoneForGood({ things, ledger })
})

test('so is what it made after it had been given up', async () => {
  const { step, things, ctx, ledger } = await makeNeighbour(refuse('engine_failed'))
  await expect(apply(step, ctx)).rejects.toThrow('No.')
  await revertAll([step], ctx, 'deleted')
  await expectGoneForGood({ things, ledger })
})

test('so is what it made after it had been given up, and the deploy was cancelled meanwhile', async () => {
  const cancel = new AbortController()
  const giveUp = async () => {
    cancel.abort(new AppError('cancelled', 'You cancelled it.'))
    await refuse('engine_unreachable')()
  }
  const { step, things, ctx, ledger } = await makeNeighbour(giveUp, cancel.signal)
  await expect(apply(step, ctx)).rejects.toThrow()
  const undoing = await createContext(ctx, ctx.deployment.id, ctx.release.number)
  await revertAll([step], undoing, 'deleted')
  await expectGoneForGood({ things, ledger })
})

test('what was refused is not waited for', async () => {
  const { step, things, ctx, ledger } = await makeNeighbour(refuse('build_failed'))
  await expect(apply(step, ctx)).rejects.toThrow('No.')
  await revertAll([step], ctx, 'deleted')
  expect(things.size).toBe(0)
  expect(await ledger()).toEqual(['removed'])
  expect(await listSteps(ctx.db, ctx.deployment.id, ctx.release.number)).toMatchObject([{ state: 'failed' }])
})
