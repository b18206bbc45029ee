import { afterEach, beforeEach, expect, test } from 'vitest'
import { deleteJob, insertJob, listJobs } from '../../server/db/jobs.ts'
import { createHearing, type Hearing } from '../../server/deploy/hearing.ts'
import { reconcile } from '../../server/deploy/reconcile.ts'
import type { Deps } from '../../server/deps.ts'
import { AppError } from '../../server/errors.ts'
import { type Inside, makeInside } from '../support/inside.ts'

let inside: Inside
let deps: Deps
let id: string
let hearing: Hearing
/** Every container has ended, as after a crash of the engine; of those asked for `started` tells. */
let started: number
let answers: boolean

beforeEach(async () => {
  inside = await makeInside({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })
  started = 0
  answers = true
  const ended = { status: 'exited', exitCode: 143, couldNotStart: false, outOfMemory: false, restarts: 0 } as const
  const inspectContainer = async () => {
    if (!answers) throw new AppError('engine_unreachable', 'The Docker engine does not answer.')
    const at = { startedAt: new Date(0).toISOString() }
    return { ...ended, ...at, ...(started > 0 && { status: 'running' as const }) } as never
  }
  const resumeContainer = async () => void started++
  deps = { ...inside.deps, docker: { ...inside.deps.docker, inspectContainer, resumeContainer } }
  const app = await inside.live('https://github.com/acme/red', 'a'.repeat(40), { subdomain: 'red' })
  id = app.id
  hearing = createHearing()
  hearing.open()
})
afterEach(() => inside.close())

const round = () => reconcile(deps, inside.queue, hearing.beginRound())

test('an app that the engine left ended is started again', async () => {
  expect(await round()).toMatchObject([{ what: 'started again' }])
  expect(await round()).toEqual([])
  expect(started).toBe(1)
})

test('so is one that a job was under way for when the engine was back, once the job is over', async () => {
  await insertJob(deps.db, id, 'undo', 1)
  expect(await round()).toEqual([])
  const [job] = await listJobs(deps.db)
  await deleteJob(deps.db, job?.id ?? 0)
  expect(await round()).toMatchObject([{ what: 'started again' }])
})

test('so is one that the engine could not be asked about, once it answers', async () => {
  answers = false
  expect(await round()).toEqual([])
  answers = true
  expect(await round()).toMatchObject([{ what: 'started again' }])
})

test('one that somebody ended while the engine was listened to stays ended, and is shown as that', async () => {
  started = 1
  expect(await round()).toEqual([])
  started = 0
  expect(await round()).toMatchObject([{ what: 'status', detail: 'failed' }])
  expect(started).toBe(0)
})
