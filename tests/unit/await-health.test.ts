import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { StepContext } from '../../server/deploy/context.ts'
import { waitUntilHealthy } from '../../server/deploy/steps/await-health.ts'

/** An app that answers each path with a status, 404 where none is given, and what is said while it is waited for. */
async function appWith(pages: Record<string, number>, recipe: { healthPath: string; settings?: object }, body = '') {
  const server = createServer((request, response) => response.writeHead(pages[request.url ?? ''] ?? 404).end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const said: string[] = []
  const ctx = {
    config: { instance: 'swtest', startTimeoutSeconds: 60 },
    ref: { deploymentId: 'x', subdomain: 'x', release: 1 },
    release: { recipe: { port: 3000, settings: { startTimeoutSeconds: 1 }, ...recipe } },
    port: (server.address() as AddressInfo).port,
    hostname: 'x.localhost',
    env: [{ key: 'TOKEN', value: 'db.secret-host', secret: true, buildTime: false }],
    signal: new AbortController().signal,
    docker: {
      inspectContainer: async () => ({ status: 'running', restarts: 0 }),
      logTail: async () => [{ text: 'Error: connect ECONNREFUSED db.secret-host:5432', stream: 'stderr' }],
    },
    say: (text: string) => said.push(text),
  }
  return { ctx: ctx as unknown as StepContext, said }
}

test('a 404 of the health path that the template chose counts, and is told', async () => {
  const { ctx, said } = await appWith({ '/': 200 }, { healthPath: '/up' })
  await waitUntilHealthy(ctx)
  expect(said).toEqual([
    'Answers 404 on /up',
    'There is no /up, which the template chose as health path; that it answers counts',
  ])
})

test('where that path goes on answering with an error, the front page counts after half of the time', async () => {
  const { ctx, said } = await appWith({ '/': 200, '/up': 503 }, { healthPath: '/up' })
  const begun = Date.now()
  await waitUntilHealthy(ctx)
  expect(Date.now() - begun).toBeGreaterThanOrEqual(500)
  expect(said).toEqual(['Answers 200 on /', '/up, which the template chose as health path, answers with an error'])
})

test('where both do, the error names both, and why by what the app printed, without its secrets', async () => {
  const { ctx } = await appWith({ '/': 500, '/up': 503 }, { healthPath: '/up' })
  await expect(waitUntilHealthy(ctx)).rejects.toMatchObject({
    code: 'app_not_answering',
    message:
      'The app answers 503 on /up, which the template chose, and on / for 1 s. The app does not reach its database at ••••••:5432.',
  })
})

test('a health path that the user chose has to succeed', async () => {
  const settings = { healthPath: '/up', startTimeoutSeconds: 1 }
  const { ctx } = await appWith({ '/': 200 }, { healthPath: '/up', settings })
  await expect(waitUntilHealthy(ctx)).rejects.toMatchObject({ message: expect.stringContaining('404 on /up for 1 s') })
})

test.each([
  ['ahead', 3_600_000],
  ['back', -3_600_000],
])('a clock that is set %s an hour meanwhile neither ends the waiting nor makes it endless', async (_, hour) => {
  const { ctx } = await appWith(
    { '/up': 503 },
    { healthPath: '/up', settings: { healthPath: '/up', startTimeoutSeconds: 1 } },
  )
  const begun = performance.now()
  const real = Date.now
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + (performance.now() - begun > 200 ? hour : 0))
  onTestFinished(() => clock.mockRestore())
  await expect(waitUntilHealthy(ctx)).rejects.toMatchObject({ code: 'app_not_answering' })
  expect(performance.now() - begun).toBeGreaterThanOrEqual(1000)
  expect(performance.now() - begun).toBeLessThan(5000)
})

test('an app that asks for a password is up', async () => {
  const { ctx, said } = await appWith({ '/': 403 }, { healthPath: '/' }, 'Who are you?')
  await waitUntilHealthy(ctx)
  expect(said).toEqual(['Answers 403 on /'])
})

test('one that refuses the name it is asked by is not', async () => {
  const { ctx } = await appWith({ '/': 403 }, { healthPath: '/' }, 'Blocked hosts: x.localhost')
  await expect(waitUntilHealthy(ctx)).rejects.toMatchObject({ message: 'Rails refuses the name x.localhost.' })
})
