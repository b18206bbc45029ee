import { expect, test } from 'vitest'
import type { Client } from '../../../cli/client.ts'
import type { Context } from '../../../cli/context.ts'
import { Failure } from '../../../cli/failure.ts'
import { followRelease } from '../../../cli/follow-release.ts'
import { render } from '../../../cli/render.ts'

const step = (name: string, state: string, more: object = {}) => ({
  name,
  state,
  isNeeded: true,
  startedAt: state === 'pending' ? null : '2026-01-01T00:00:00.000Z',
  endedAt: ['pending', 'running'].includes(state) ? null : '2026-01-01T00:00:01.500Z',
  ...more,
})
const status = (releaseStatus: string, steps: object[], more: object = {}) => ({
  release: 4,
  releaseStatus,
  steps,
  ...more,
})

/** Answers each look with the next of these; the last one stays. What was noted is in `notes`. */
async function follow(looks: object[], { newest = 4, lines = [] as string[] } = {}) {
  const notes: string[] = []
  let at = 0
  const client = {
    url: 'http://127.0.0.1',
    async request(_method: string, path: string, { query = {} }: { query?: any } = {}) {
      if (path.startsWith('/api/logs/')) return { lines: lines.splice(0).map((text, seq) => ({ seq, text })), next: 1 }
      if (query.release === undefined) return { release: newest }
      const look = looks[Math.min(at++, looks.length - 1)]
      if (look instanceof Failure) throw look
      return look
    },
  } as Client
  const context = { isJson: false, note: (text: string) => void notes.push(render(text, false)) } as Context
  const ended = await followRelease(context, client, 'id', 4).catch((error) => error)
  return { ended, notes }
}

test('each step is told once, when it has ended; what was not needed is not', async () => {
  const { ended, notes } = await follow(
    [
      status('queued', [step('check-out', 'pending')]),
      status('running', [step('check-out', 'done'), step('create-volumes', 'running')]),
      status('live', [
        step('check-out', 'undone'),
        step('create-volumes', 'done', { isNeeded: false }),
        step('prove-live', 'running'),
      ]),
      status('live', [step('check-out', 'undone'), step('prove-live', 'done'), step('retire-previous', 'running')]),
    ],
    { lines: ['COPY . .'] },
  )
  expect(ended).toMatchObject({ release: 4, status: { releaseStatus: 'live' } })
  expect(notes).toEqual(['  │ COPY . .', '✓ check-out 1.5 s', '✓ prove-live 1.5 s'])
})

test('a silence of Slipway is told once, and waited for', async () => {
  const silence = new Failure('unreachable', 'no answer', { exit: 69 })
  const { ended, notes } = await follow([silence, silence, status('live', [])])
  expect(ended).toMatchObject({ release: 4 })
  expect(notes).toEqual([expect.stringContaining('does not answer at the moment')])
})

test('of a failure the step’s own reason counts, not an older one of the app', async () => {
  const error = { code: 'app_exited', message: 'It ended.', hint: 'Look.' }
  const old = { error: { code: 'build_failed', message: 'Long ago.' } }
  const looks = [status('undoing', []), status('failed', [step('await-health', 'failed', { error })], old)]
  const { ended, notes } = await follow(looks)
  expect(JSON.parse(JSON.stringify(ended))).toEqual({ ...error, deploymentId: 'id', release: 4, step: 'await-health' })
  expect(notes).toEqual(['✗ await-health 1.5 s'])
})

test('a release that was refused before it began has the app’s reason', async () => {
  const error = { step: 'claim-port', code: 'disk_full', message: 'The disk is full.' }
  const { ended } = await follow([status('failed', [step('claim-port', 'pending')], { error })])
  expect(ended).toMatchObject({ code: 'disk_full', detail: { step: 'claim-port' }, exit: 1 })
})

test('a release whose place a newer one took before it began says so, whatever failed before', async () => {
  const old = { error: { code: 'build_failed', message: 'Long ago.' } }
  const { ended } = await follow([status('failed', [step('check-out', 'pending')], old)], { newest: 5 })
  expect(ended).toMatchObject({ code: 'superseded', exit: 1 })
})

test('an app that is deleted meanwhile ends the waiting', async () => {
  const { ended } = await follow([status('running', []), new Failure('not_found', 'There is no such deployment.')])
  expect(ended).toMatchObject({ code: 'cancelled', message: 'The app was deleted meanwhile.' })
})
