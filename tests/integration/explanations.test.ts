import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fails } from '../support/failures.ts'
import { makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

/** What Slipway says about failures that builds and apps really print; all that it knows is in tests/unit/explain. */

let world: World
beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_START_TIMEOUT_SECONDS: '60' } })
})
afterAll(() => world.destroy())

const json = (value: unknown) => JSON.stringify(value, null, 2)
const secret = { key: 'LEFT', value: 'left-pad', secret: true, buildTime: true }

const buildWith = (run: string) => `FROM node:24-slim\nWORKDIR /app\nARG LEFT\nCOPY . .\nRUN ${run}\n`

/** A lock file that knows nothing of the only dependency. */
const stale = {
  Dockerfile: buildWith('npm ci --no-audit --no-fund'),
  'package.json': json({ name: 'stale', version: '1.0.0', dependencies: { 'left-pad': '1.3.0' } }),
  'package-lock.json': json({
    name: 'stale',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: { '': { name: 'stale', version: '1.0.0' } },
  }),
}

describe('a build', () => {
  const at = { step: 'build-image', code: 'build_failed' }

  test('with a lock file that is out of step is told which package, and what to run', async () => {
    const { url } = await makeApp(world, '', stale)
    const says =
      /package-lock\.json is out of step with package\.json about left-pad@1\.3\.0\. Run npm install, and push/
    await fails(world, { githubUrl: url }, { ...at, says })
  })

  test('never has a secret in what is quoted', async () => {
    const { url } = await makeApp(world, '', stale)
    const says = /about ••••••@1\.3\.0\. Run npm install/
    await fails(world, { githubUrl: url, env: [secret] }, { ...at, says })
  })

  test('that imports a file in other letters is told what it is called', async () => {
    const { url } = await makeApp(world, '', {
      Dockerfile: buildWith('node build.js'),
      'build.js': "require('./lib/Page')\n",
      'lib/page.js': '',
    })
    await fails(
      world,
      { githubUrl: url },
      { ...at, says: /lib\/Page is imported, but the file is called lib\/page\.js/ },
    )
  })
})

describe('an app', () => {
  const at = { step: 'await-health' }

  test('that ends for want of a variable is told which', async () => {
    const server = "if (!process.env.DATABASE_URL) throw new Error('DATABASE_URL environment variable is not set')\n"
    const { url } = await makeApp(world, server)
    const says =
      /exited with code 1\. What the app needs is not in its environment: DATABASE_URL\. Add it under Environment/
    await fails(world, { githubUrl: url }, { ...at, code: 'app_exited', says })
  })

  test('that answers only to names it knows is not taken for one that works', async () => {
    const server = `require('node:http').createServer((request, response) => {
      response.writeHead(403).end('Blocked request. This host ("' + request.headers.host + '") is not allowed.')
    }).listen(8000)`
    const { url } = await makeApp(world, server)
    const says = /Vite refuses the name unlucky\.localhost.*preview\.allowedHosts/
    await fails(world, { githubUrl: url }, { ...at, code: 'app_not_answering', says })
  })

  test('whose program is not in the image is told so', async () => {
    const Dockerfile = 'FROM node:24-slim\nENTRYPOINT ["gunicorn", "main:app"]\n'
    const { url } = await makeApp(world, '', { Dockerfile })
    const says = /The image has no program gunicorn, which it is to start with\. Correct the start command/
    await fails(world, { githubUrl: url }, { ...at, code: 'app_exited', says })
  })

  test('that has no page at / is up all the same', async () => {
    const { url } = await makeApp(
      world,
      "require('node:http').createServer((_, r) => r.writeHead(404).end()).listen(8000)",
    )
    const app = await world.deploy({ githubUrl: url, subdomain: 'pageless' })
    expect(app).toMatchObject({ status: 'running' })
    await world.remove(app.id)
  })

  test('on another port is given that port, by a time of its own to start, and is told of while it is waited for', async () => {
    const { url } = await makeApp(world, "require('node:http').createServer((_, r) => r.end('hi')).listen(4321)")
    const overrides = { startTimeoutSeconds: 17 }
    const failed = await world.deploy({ githubUrl: url, subdomain: 'moved', overrides })
    expect(failed).toMatchObject({
      status: 'failed',
      error: { code: 'app_on_wrong_port', message: 'The app listens on port 4321, not on 8000.', port: 4321 },
    })
    const { body } = await world.slipway.api('GET', `/api/logs/${failed.id}`)
    const texts: string[] = body.lines.map((it: any) => it.text)
    expect(texts.filter((it) => it.startsWith('Still starting'))).toEqual([
      'Still starting: nothing listens on port 8000 yet, but on port 4321 (15 of 17 s)',
    ])
    const change = { overrides: { ...overrides, port: failed.error.port } }
    expect((await world.slipway.api('PATCH', `/api/deployments/${failed.id}`, change)).status).toBe(202)
    expect(await world.settled(failed.id)).toMatchObject({ status: 'running', overrides: change.overrides })
    await world.remove(failed.id)
  })
})
