import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { SlipwayEvent } from '../../server/events.ts'
import type { DeploymentView } from '../../server/http/views.ts'
import { ApiError } from '../../web/src/api/client.ts'
import { Deployments } from '../../web/src/state/deployments.svelte.ts'

/** `name` stands for a version of the app. */
const app = (id: string, name = id) => ({ id, name, status: 'running' }) as DeploymentView
const notFound = () => new ApiError(404, { code: 'not_found', message: 'There is no such deployment.' })

let listed: PromiseWithResolvers<DeploymentView[]>[]
let asked: Map<string, PromiseWithResolvers<DeploymentView>[]>
let tell: (event: SlipwayEvent) => void
let resync: () => void
let deployments: Deployments

beforeEach(() => {
  vi.useFakeTimers()
  listed = []
  asked = new Map()
  deployments = new Deployments({
    listDeployments: () => {
      const answer = Promise.withResolvers<DeploymentView[]>()
      listed.push(answer)
      return answer.promise
    },
    getDeployment: (id) => {
      const answer = Promise.withResolvers<DeploymentView>()
      asked.set(id, [...(asked.get(id) ?? []), answer])
      return answer.promise
    },
    getStats: async () => ({ apps: [] }) as never,
    live: {
      onEvent: (listener) => {
        tell = listener
        return () => undefined
      },
      onResync: (listener) => {
        resync = listener
        return () => undefined
      },
    },
  })
  deployments.start()
})
afterEach(() => vi.useRealTimers())

const settle = () => vi.advanceTimersByTimeAsync(100)
const changed = (id: string) => tell({ type: 'deployment', deployment: id, status: 'running', error: null })
const gone = (id: string) => tell({ type: 'deleted', deployment: id })
const names = () => deployments.list.data?.map((it) => it.name)
async function showing(...apps: DeploymentView[]) {
  listed.at(-1)?.resolve(apps)
  await settle()
}

describe('the list of apps', () => {
  test('asks for one that changed, and shows the answer to the last question whatever comes last', async () => {
    await showing(app('a'), app('b'))
    changed('a')
    await settle()
    changed('a')
    await settle()
    const [first, second] = asked.get('a') ?? []
    second?.resolve(app('a', 'new'))
    await settle()
    first?.resolve(app('a', 'old'))
    await settle()
    expect(names()).toEqual(['new', 'b'])
    expect(listed).toHaveLength(1)
  })

  test('puts a new one first', async () => {
    await showing(app('a'))
    changed('b')
    await settle()
    asked.get('b')?.[0]?.resolve(app('b'))
    await settle()
    expect(names()).toEqual(['b', 'a'])
  })

  test('does not bring back a deleted one: not by a late answer, an action or an old list', async () => {
    await showing(app('a'), app('b'))
    changed('a')
    resync()
    await settle()
    gone('a')
    expect(names()).toEqual(['b'])
    asked.get('a')?.[0]?.resolve(app('a'))
    deployments.put(app('a'))
    listed.at(-1)?.resolve([app('a'), app('b')])
    await settle()
    expect(names()).toEqual(['b'])
  })

  test('takes one for deleted that is not found', async () => {
    await showing(app('a'), app('b'))
    changed('a')
    await settle()
    asked.get('a')?.[0]?.reject(notFound())
    await settle()
    expect(names()).toEqual(['b'])
  })

  test('keeps what changed while the list was on its way', async () => {
    await showing(app('a'), app('b'))
    resync()
    deployments.put(app('a', 'by an action'))
    deployments.put(app('c', 'created'))
    await showing(app('a', 'as it was'), app('b', 'newer'))
    expect(names()).toEqual(['created', 'by an action', 'newer'])
    asked.get('a')?.[0]?.resolve(app('a', 'as it is'))
    await settle()
    expect(names()).toEqual(['created', 'as it is', 'newer'])
  })

  test('asks again after an action: an event may have come before its answer', async () => {
    await showing(app('a'))
    changed('a')
    await settle()
    deployments.put(app('a', 'answer of the action'))
    asked.get('a')?.[0]?.resolve(app('a', 'asked before'))
    await settle()
    expect(names()).toEqual(['answer of the action'])
    asked.get('a')?.[1]?.resolve(app('a', 'the end'))
    await settle()
    expect(names()).toEqual(['the end'])
  })

  test('shows the list over an answer that was asked for before it', async () => {
    await showing(app('a'))
    changed('a')
    await settle()
    resync()
    await showing(app('a', 'of the list'))
    asked.get('a')?.[0]?.resolve(app('a', 'asked before'))
    await settle()
    expect(names()).toEqual(['of the list'])
  })

  test('asks for the list when one app cannot be had, with the same care', async () => {
    await showing(app('a'), app('b'))
    changed('a')
    await settle()
    asked.get('a')?.[0]?.reject(new ApiError(500, { code: 'internal', message: 'It broke.' }))
    await settle()
    expect(listed).toHaveLength(2)
    deployments.put(app('b', 'by an action'))
    await showing(app('a', 'of the list'), app('b', 'as it was'))
    expect(names()).toEqual(['of the list', 'by an action'])
  })

  test('asks once for a burst of events, and for the list when many apps changed', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => `app-${index}`)
    await showing(...ids.map((id) => app(id)))
    for (let round = 0; round < 3; round++) for (const id of ids) changed(id)
    for (let round = 0; round < 5; round++) changed('app-7')
    await settle()
    expect(listed).toHaveLength(2)
    expect(asked.size).toBe(0)
    changed('app-1')
    changed('app-2')
    await settle()
    expect(asked.size).toBe(0)
    await showing(...ids.map((id) => app(id)))
    expect([...asked.keys()]).toEqual(['app-1', 'app-2'])
    expect(listed).toHaveLength(2)
  })

  test('does not wait for a list whose place another took', async () => {
    resync()
    await showing(app('a'))
    changed('a')
    await settle()
    expect(asked.get('a')).toHaveLength(1)
  })
})
