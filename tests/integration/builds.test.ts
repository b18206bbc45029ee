import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settingsSchema } from '../../server/templates/settings.ts'
import type { Repository } from '../support/git-server.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.destroy())

/** Shows what its image was built with and what it is started with. */
const dockerfile = `FROM node:24-slim
ARG BUILT=nothing
ENV BUILT=$BUILT
RUN head -c 8 /dev/urandom | od -An -tx1 > /built
COPY server.js .
CMD ["node", "server.js"]
EXPOSE 8000
`
const server = `const built = require('node:fs').readFileSync('/built', 'utf8').trim()
require('node:http').createServer((_, response) =>
  response.end(JSON.stringify({ built, argument: process.env.BUILT, said: process.env.SAID }))).listen(8000)`

describe('what is built already is not built again', () => {
  let repository: Repository
  let app: any
  beforeAll(async () => {
    repository = await world.git.makeRepository('acme', 'same')
    await repository.commit({ Dockerfile: dockerfile, 'server.js': server }, 'First')
    app = await world.deploy({ githubUrl: repository.url, subdomain: 'same' })
  })
  const shown = async () => JSON.parse((await world.ask('same.localhost')).text)
  const redeploy = async (query = '') => {
    await world.slipway.api('POST', `/api/deployments/${app.id}/redeploy${query}`)
    return world.settled(app.id)
  }
  const change = async (body: object) => {
    await world.slipway.api('PATCH', `/api/deployments/${app.id}`, body)
    return world.settled(app.id)
  }
  const variable = (key: string, value: string, buildTime: boolean) => ({ env: [{ key, value, buildTime }] })

  test('the same commit with the same settings takes the image of the release before', async () => {
    const { built } = await shown()
    expect(await redeploy()).toMatchObject({ status: 'running', release: 2 })
    expect((await shown()).built).toBe(built)
    const { body } = await world.slipway.api('GET', `/api/logs/${app.id}?kind=build&release=2`)
    expect(body.lines.map((it: any) => it.text).join('\n')).toContain('since release 1')
  })

  test('a variable that only the app reads needs no build either', async () => {
    const { built } = await shown()
    await change(variable('SAID', 'hello', false))
    expect(await shown()).toMatchObject({ built, said: 'hello' })
  })

  test('a variable of the build is a new build, and its old value the old image', async () => {
    const { built } = await shown()
    await change(variable('BUILT', 'blue', true))
    const blue = await shown()
    expect(blue).toMatchObject({ argument: 'blue' })
    await change({ env: [] })
    expect(await shown()).toMatchObject({ built, argument: 'nothing' })
  })

  test('a new commit is a new build', async () => {
    await repository.commit({ 'server.js': `${server}\n// changed` }, 'Second')
    await redeploy()
    const { commit } = (await world.slipway.api('GET', `/api/deployments/${app.id}`)).body.deployment
    expect(commit.message).toBe('Second')
  })

  test('asked for, everything is built anew, also where the base image cannot be fetched', async () => {
    const { built } = await shown()
    await redeploy('?rebuild=true')
    expect((await shown()).built).not.toBe(built)
  })

  test('after the image is gone it is built again', async () => {
    const { dockerImage } = (await world.slipway.api('GET', `/api/deployments/${app.id}`)).body.deployment
    const image = world.docker.getImage(dockerImage)
    await image.tag({ repo: 'swtest-kept', tag: '1' }) // so that the engine gives up the name while the app runs
    await image.remove()
    expect(await redeploy()).toMatchObject({ status: 'running' })
    await world.docker.getImage('swtest-kept:1').remove()
  })

  test('and all of it goes with the app', async () => {
    await world.remove(app.id)
    expect((await world.inventory()).images).toEqual([])
  })
})

describe('the release command', () => {
  const files = (command: string) => ({
    Dockerfile: dockerfile,
    'server.js': `const fs = require('node:fs')
require('node:http').createServer((_, response) => response.end(fs.readFileSync('/data/log', 'utf8'))).listen(8000)`,
    Procfile: `web: node server.js\nrelease: ${command}\n`,
  })
  const volumes = [{ name: 'data', path: '/data' }]
  let repository: Repository
  let app: any
  beforeAll(async () => {
    repository = await world.git.makeRepository('acme', 'migrates')
    await repository.commit(files('echo "migrated to $GOAL" | tee -a /data/log'), 'First')
    const env = [{ key: 'GOAL', value: 'one' }]
    app = await world.deploy({ githubUrl: repository.url, subdomain: 'migrates', volumes, env })
  })

  test('runs in the new image before the app starts, with its variables and volumes, and its words are in the log', async () => {
    expect(app.status).toBe('running')
    expect((await world.ask('migrates.localhost')).text).toBe('migrated to one\n')
    const { body } = await world.slipway.api('GET', `/api/logs/${app.id}?kind=build&release=1`)
    expect(body.lines.map((it: any) => it.text)).toContain('migrated to one')
  })

  test('that fails leaves the version before live and says so, and its container goes', async () => {
    const before = await world.inventory()
    await repository.commit(files('echo no such table; exit 7'), 'Second')
    await world.slipway.api('POST', `/api/deployments/${app.id}/redeploy`)
    const { status, release, error } = await world.settled(app.id)
    expect({ status, release }).toEqual({ status: 'running', release: 1 })
    expect(error).toMatchObject({ step: 'run-release-command', code: 'release_command_failed' })
    expect(error.message).toContain('exit code 7')
    expect((await world.inventory()).containers).toEqual(before.containers)
    expect((await world.ask('migrates.localhost')).status).toBe(200)
  })

  test('does not run again for a rollback', async () => {
    await repository.commit(files('echo "migrated again" >> /data/log'), 'Third')
    await world.slipway.api('POST', `/api/deployments/${app.id}/redeploy`)
    await world.settled(app.id)
    await world.slipway.api('POST', `/api/deployments/${app.id}/rollback`, { release: 1 })
    expect(await world.settled(app.id)).toMatchObject({ status: 'running', release: 4 })
    expect((await world.ask('migrates.localhost')).text).toBe('migrated to one\nmigrated again\n')
    await world.remove(app.id)
  })
})

describe('slipway.json', () => {
  test('has a schema for editors, which needs no login', async () => {
    const response = await fetch(`${world.slipway.url}/api/slipway.schema.json`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual(settingsSchema)
  })

  test('in the repository is obeyed, and what the user sets wins', async () => {
    const repository = await world.git.makeRepository('acme', 'settled')
    const settings = { env: { SAID: 'by the repository', BUILT: 'by the repository' }, port: 8000, target: 'web' }
    const two = `${dockerfile.replace('FROM node:24-slim', 'FROM node:24-slim AS web')}\nFROM web\nRUN exit 1\n`
    await repository.commit({ Dockerfile: two, 'server.js': server, 'slipway.json': JSON.stringify(settings) }, 'First')
    const env = [{ key: 'SAID', value: 'by the user' }]
    const app = await world.deploy({ githubUrl: repository.url, subdomain: 'settled', env })
    expect(app.status).toBe('running')
    const answer = JSON.parse((await world.ask('settled.localhost')).text)
    expect(answer).toMatchObject({ said: 'by the user', argument: 'by the repository' })
    await world.remove(app.id)
  })

  test('with a key that nobody knows fails the deploy before anything is built', async () => {
    const repository = await world.git.makeRepository('acme', 'unsettled')
    await repository.commit({ Dockerfile: dockerfile, 'server.js': server, 'slipway.json': '{"prot": 8000}' }, 'First')
    const app = await world.deploy({ githubUrl: repository.url, subdomain: 'unsettled' })
    expect(app).toMatchObject({ status: 'failed', error: { step: 'choose-template', code: 'settings_invalid' } })
    expect(app.error.message).toContain('Did you mean “port”?')
    await world.remove(app.id)
  })
})

test('an app without rights of its own may write to its volumes', async () => {
  const repository = await world.git.makeRepository('acme', 'writes')
  await repository.commit(
    {
      'package.json': '{}',
      'server.js': `require('node:fs').writeFileSync('/data/deep/said', 'by ' + process.getuid())
require('node:http').createServer((_, response) =>
  response.end(require('node:fs').readFileSync('/data/deep/said'))).listen(process.env.PORT)`,
    },
    'First',
  )
  const volumes = [{ name: 'data', path: '/data/deep' }]
  const app = await world.deploy({ githubUrl: repository.url, subdomain: 'writes', volumes })
  expect(app).toMatchObject({ status: 'running', template: 'node' })
  expect((await world.ask('writes.localhost')).text).toBe('by 1000')
  await world.remove(app.id)
})

test('a port that was set and is set no more is the image’s own again, where nothing is built', async () => {
  const repository = await world.git.makeRepository('acme', 'port')
  const image = 'FROM node:24-slim\nARG AT=8000\nEXPOSE $AT\nCOPY server.js .\nCMD ["node", "server.js"]\n'
  const says = `require('node:http').createServer((_, response) => response.end(process.env.PORT)).listen(process.env.PORT)`
  await repository.commit({ Dockerfile: image, 'server.js': says }, 'First')
  const input = { githubUrl: repository.url, subdomain: 'port', overrides: { port: 9000 } }
  const app = await world.deploy(input)
  expect((await world.ask('port.localhost')).text).toBe('9000')
  await world.slipway.api('PATCH', `/api/deployments/${app.id}`, { overrides: {} })
  expect(await world.settled(app.id)).toMatchObject({ status: 'running', release: 2 })
  expect((await world.ask('port.localhost')).text).toBe('8000')
})
