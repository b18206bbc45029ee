import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
