import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { SlipwayEvent } from '../../server/events.ts'
import type { DeploymentView, StatusView } from '../../server/http/views.ts'
import { ApiError } from '../../web/src/api/client.ts'
import { Endings } from '../../web/src/state/endings.ts'
import { Toasts } from '../../web/src/state/toasts.svelte.ts'

const blog = { id: 'a', name: 'blog' }
const failing = (status: number) => new ApiError(status, { code: 'any', message: 'It did not work.' })

/** What the server says of the app; an error when it does not. */
let app: Partial<DeploymentView> | ApiError
let release: Partial<StatusView>
let questions: number
let toasts: Toasts
let endings: Endings
let tell: (event: SlipwayEvent) => void

beforeEach(() => {
  vi.useFakeTimers()
  questions = 0
  release = { release: 2, releaseStatus: 'live' }
  toasts = new Toasts()
  endings = new Endings({
    getDeployment: async () => {
      questions += 1
      if (app instanceof ApiError) throw app
      return app as DeploymentView
    },
    getStatus: async () => release as StatusView,
    live: {
      onEvent: (listener) => {
        tell = listener
        return () => undefined
      },
      onResync: () => () => undefined,
    },
    toasts,
  })
})
afterEach(() => vi.useRealTimers())

const settle = () => vi.advanceTimersByTimeAsync(10)
const told = () => toasts.all.map((it) => it.text)
async function become(next: typeof app) {
  app = next
  tell({ type: 'deployment', deployment: 'a', status: 'running', error: null })
  await settle()
}

describe('the end of what was asked for', () => {
  test('is told once, in place of the word that it was accepted', async () => {
    app = { status: 'running', isBusy: true }
    const notice = toasts.show('info', 'blog is being stopped.')
    endings.follow(blog, 'stop', notice)
    await settle()
    expect(told()).toEqual(['blog is being stopped.'])
    await become({ status: 'stopped', isBusy: false })
    await become({ status: 'stopped', isBusy: false })
    expect(told()).toEqual(['blog is stopped'])
  })

  test('of a delete is that nothing is found', async () => {
    app = { status: 'deleting', isDeleting: true }
    endings.follow(blog, 'delete')
    await settle()
    await become(failing(404))
    expect(told()).toEqual(['blog is deleted'])
  })

  test('of a retried delete is that of the delete; that it was stuck before is no news', async () => {
    app = { status: 'stuck', isDeleting: true }
    endings.follow({ ...blog, isDeleting: true }, 'retry')
    await settle()
    expect(told()).toEqual([])
    await become({ status: 'deleting', isDeleting: true })
    expect(told()).toEqual([])
    await become(failing(404))
    expect(told()).toEqual(['blog is deleted'])
  })

  test('of a retry that gets stuck again is told', async () => {
    app = { status: 'stuck', isDeleting: true, error: { code: 'internal', message: 'The network is in use.' } as never }
    endings.follow({ ...blog, isDeleting: true }, 'retry')
    await settle()
    await become(app)
    expect(told()).toEqual(['blog is not deleted yet: something will not go'])
  })

  test('is asked for again when an answer told nothing', async () => {
    app = failing(500)
    endings.follow(blog, 'deploy')
    await settle()
    expect(told()).toEqual([])
    app = { status: 'running', isBusy: false }
    await vi.advanceTimersByTimeAsync(5000)
    expect(told()).toEqual(['Release 2 of blog is live'])
  })

  test('of an app that another window deleted is not waited for', async () => {
    app = { status: 'running', isBusy: true }
    endings.follow(blog, 'restart')
    await settle()
    await become(failing(404))
    await vi.advanceTimersByTimeAsync(20_000)
    expect(told()).toEqual([])
    expect(questions).toBe(2)
  })

  test('of a newer wish counts, and that of the older one is not asked for any more', async () => {
    app = failing(500)
    endings.follow(blog, 'stop')
    await settle()
    app = { status: 'running', isBusy: false }
    endings.follow(blog, 'start')
    await vi.advanceTimersByTimeAsync(5500)
    expect(told()).toEqual(['blog runs again'])
    expect(questions).toBe(2)
  })

  test('is asked for one question at a time, and once more for all that happened meanwhile', async () => {
    app = { status: 'running', isBusy: true }
    endings.follow(blog, 'restart')
    for (let count = 0; count < 20; count++)
      tell({ type: 'deployment', deployment: 'a', status: 'running', error: null })
    await settle()
    expect(questions).toBe(2)
  })
})
