import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Failure, fails, isRefused } from '../support/failures.ts'
import type { Repository } from '../support/git-server.ts'
import { argumentLists } from '../support/processes.ts'
import { dockerfile, echo, makeApp, outside } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

describe('what is wrong with the repository, the build or the app', () => {
  let world: World
  beforeAll(async () => {
    world = await createWorld({
      env: {
        SLIPWAY_BUILD_TIMEOUT_SECONDS: '3',
        SLIPWAY_START_TIMEOUT_SECONDS: '2',
        SLIPWAY_GITHUB_TOKEN: 'ghp_wrong',
      },
    })
  })
  afterAll(() => world.destroy())

  const asFiles = (files: Record<string, string>) => async () => {
    const repository = await world.git.makeRepository('acme', `files-${crypto.randomUUID()}`)
    await repository.commit(files, 'First commit')
    return repository
  }
  const build = (text: string) => asFiles({ Dockerfile: text, 'server.js': echo })
  const app = (server: string) => () => makeApp(world, server)
  const listen = (what: string) => app(`require('node:http').createServer((_, r) => r.end('hello')).listen(${what})`)
  const never = app(`require('node:net').createServer(() => {}).listen(8000)`)

  type Row = [what: string, make: () => Promise<Repository>, Failure, input?: Record<string, unknown>]

  describe('the repository', () => {
    const at = { step: 'check-out' }
    const chosen = { step: 'choose-template' }

    test('there is none at this address', () =>
      fails(
        world,
        { githubUrl: 'acme/nothing' },
        { ...at, code: 'repository_not_found', says: /does not exist or is private.*the token or the App/ },
      ))

    test('it is private, and the token may not read it', async () => {
      const repository = await makeApp(world, echo)
      world.git.protect('acme', path.basename(repository.url), 'another token')
      await fails(
        world,
        { githubUrl: repository.url },
        { ...at, code: 'repository_not_found', says: /is private.*the token or the App that is connected may read it/ },
      )
    })

    test('its host does not answer', async () => {
      world.git.intercept('acme', 'broken', (_, response) => void response.writeHead(503).end())
      await fails(
        world,
        { githubUrl: 'acme/broken' },
        { ...at, code: 'repository_unreachable', says: /503.*check that this machine reaches the host/ },
      )
    })

    test.each<Row>([
      [
        'it has no such branch',
        app(echo),
        { ...at, code: 'branch_not_found', says: /no branch “nope”.*default branch/ },
        { branch: 'nope' },
      ],
      [
        'it is empty',
        () => world.git.makeRepository('acme', 'empty'),
        { ...at, code: 'repository_empty', says: /has no commits yet. Push something/ },
      ],
      [
        'it has no such folder',
        app(echo),
        { ...chosen, code: 'root_dir_not_found', says: /no folder apps\/web .*Check its name/ },
        { rootDir: 'apps/web' },
      ],
      [
        'the folder is a file',
        app(echo),
        { ...chosen, code: 'root_dir_not_found', says: /no folder server\.js/ },
        { rootDir: 'server.js' },
      ],
      [
        'nothing says how to build it',
        asFiles({ 'README.md': 'hello' }),
        { ...chosen, code: 'no_template', says: /Slipway knows Dockerfile, .*Node\.js.*Add a Dockerfile/ },
      ],
      [
        'there is no such template',
        app(echo),
        { ...chosen, code: 'no_template', says: /no template cobol\. There are: dockerfile, .*node/ },
        { template: 'cobol' },
      ],
      [
        'nothing says how to start it',
        asFiles({ 'package.json': '{}', 'lib/x.js': '' }),
        { ...chosen, code: 'no_start_command', says: /Add a start script, or give a start command/ },
      ],
      [
        'package.json is no JSON',
        asFiles({ 'package.json': '{,}' }),
        { ...chosen, code: 'build_failed', says: /package\.json is not valid JSON/ },
      ],
      [
        'the Dockerfile is not where it was said to be',
        app(echo),
        { ...chosen, code: 'dockerfile_not_found', says: /no docker\/Dockerfile in the repository. Check the path/ },
        { overrides: { dockerfile: 'docker/Dockerfile' } },
      ],
    ])('%s', async (_, make, failure, input = {}) => {
      await fails(world, { githubUrl: (await make()).url, ...input }, failure)
    })
  })

  describe('the build', () => {
    const at = { step: 'build-image' }
    test.each<Row>([
      [
        'a command fails',
        build('FROM node:24-slim\nRUN echo no luck >&2; exit 7\n'),
        { ...at, code: 'build_failed', says: /exit code: 7.*build log/ },
      ],
      [
        'a file to copy is missing',
        build('FROM node:24-slim\nCOPY missing.txt /x\n'),
        { ...at, code: 'build_failed', says: /copies \/missing\.txt, which is not there.*\.dockerignore/ },
      ],
      [
        'a file to download is missing',
        build('FROM node:24-slim\nADD http://nowhere.invalid/x /x\n'),
        { ...at, code: 'build_failed', says: /adds http:\/\/nowhere\.invalid\/x, which could not be fetched/ },
      ],
      [
        'the Dockerfile has a mistake',
        build('FROM node:24-slim\nRUNN x\n'),
        { ...at, code: 'build_failed', says: /unknown instruction: RUNN/ },
      ],
      [
        'the Dockerfile is empty',
        build('\n'),
        { ...at, code: 'build_failed', says: /cannot be empty|no instructions/ },
      ],
      [
        'a file to download is on this machine',
        build('FROM node:24-slim\nADD http://127.0.0.1:1/x /x\n'),
        {
          ...at,
          code: 'file_unsafe',
          says: /adds http:\/\/127\.0\.0\.1:1\/x.*from this machine itself.*into the repository/,
        },
      ],
      [
        'it is killed for its memory',
        build('FROM node:24-slim\nRUN exit 137\n'),
        { ...at, code: 'build_out_of_memory', says: /ran out of memory.*SLIPWAY_BUILD_MEMORY_MB/ },
      ],
      [
        'the base image cannot be had',
        build('FROM registry.invalid/none:1\n'),
        { ...at, code: 'base_image_unavailable', says: /registry\.invalid.*Check its name/ },
      ],
    ])('%s', async (_, make, failure, input = {}) => {
      await fails(world, { githubUrl: (await make()).url, ...input }, failure)
    })

    test('23 it never ends, and takes no notice: it is stopped in time, and nothing of it goes on', async () => {
      const mark = `86${process.pid}`
      const endless = `FROM node:24-slim\nRUN trap '' TERM INT HUP; sleep ${mark} & wait; sleep ${mark}\n`
      await fails(
        world,
        { githubUrl: (await build(endless)()).url },
        { ...at, code: 'build_timed_out', says: /stopped after 3 s.*SLIPWAY_BUILD_TIMEOUT_SECONDS/ },
      )
      const goesOn = async () => (await argumentLists()).filter((it) => it.includes(`sleep ${mark}`))
      await expect.poll(goesOn).toEqual([])
    })
  })

  describe('the app', () => {
    const at = { step: 'await-health' }
    const hungry = `const all = []; setInterval(() => all.push(Buffer.alloc(8e6, 1)), 1)`
    test.each<Row>([
      [
        'exits at once',
        app(`console.log('bye'); console.error('no DATABASE_URL'); process.exit(3)`),
        {
          ...at,
          code: 'app_exited',
          says: /exited with code 3.*not in its environment: DATABASE_URL.*Add it under Environment/,
        },
      ],
      [
        'is started with a command that is not there',
        app(echo),
        {
          ...at,
          code: 'app_exited',
          says: /exited with code 127\. The image has no program nosuchprogram/,
        },
        { overrides: { startCommand: 'nosuchprogram' } },
      ],
      [
        'needs more memory than it may',
        app(hungry),
        { ...at, code: 'app_out_of_memory', says: /more memory than it may.*Raise its memory limit/ },
        { overrides: { memoryMb: 32 } },
      ],
      [
        'listens on 127.0.0.1 only',
        listen(`8000, '127.0.0.1'`),
        { ...at, code: 'app_on_localhost_only', says: /127\.0\.0\.1:8000.*Let it listen on 0\.0\.0\.0/ },
      ],
      [
        'throws where it starts',
        app(`require('node:fs').readFileSync('/config.json')`),
        { ...at, code: 'app_exited', says: /It said: Error: ENOENT.*\/config\.json/ },
      ],
      [
        'listens on another port',
        listen('4321'),
        { ...at, code: 'app_on_wrong_port', says: /port 4321, not on 8000\. Set “Port inside the container” to 4321/ },
      ],
      [
        'listens on another port of 127.0.0.1',
        listen(`4321, '127.0.0.1'`),
        { ...at, code: 'app_on_localhost_only', says: /127\.0\.0\.1:4321.*0\.0\.0\.0:8000/ },
      ],
      [
        'listens nowhere',
        app('setInterval(() => {}, 1000)'),
        { ...at, code: 'app_not_answering', says: /listens on no port within 2 s.*“Time to start”/ },
      ],
      [
        'takes connections and says nothing',
        never,
        { ...at, code: 'app_not_answering', says: /accepts connections on port 8000 but answers nothing/ },
      ],
      [
        'answers with errors only',
        app(`require('node:http').createServer((_, r) => r.writeHead(500).end()).listen(8000)`),
        { ...at, code: 'app_not_answering', says: /answers 500 on \/ .*health path/ },
      ],
      [
        'has no such health path',
        app(`require('node:http').createServer((_, r) => r.writeHead(404).end()).listen(8000)`),
        { ...at, code: 'app_not_answering', says: /answers 404 on \/healthz/ },
        { overrides: { healthPath: '/healthz' } },
      ],
    ])('%s', async (_, make, failure, input = {}) => {
      await fails(world, { githubUrl: (await make()).url, ...input }, failure)
    })

    test('the wrong port comes with what to do about it', async () => {
      const repository = await listen("4321, () => console.log('up')")()
      const failed = await world.deploy({ githubUrl: repository.url, subdomain: 'unlucky' })
      expect(failed.error.hint).toBe(
        'Set “Port inside the container” to 4321 in its settings, or let it listen on $PORT.',
      )
      const { body } = await world.slipway.api('GET', `/api/logs/${failed.id}`)
      const texts = body.lines.map((it: any) => it.text)
      expect(texts.slice(-3)).toEqual(['What the app printed last', 'up', expect.stringContaining('await-health: ')])
      const changed = await world.slipway.api('PATCH', `/api/deployments/${failed.id}`, { overrides: { port: 4321 } })
      expect(changed.status).toBe(202)
      expect((await world.settled(failed.id)).status).toBe('running')
      await world.remove(failed.id)
    })
  })

  test('the subdomain is taken, or reserved', async () => {
    const repository = await makeApp(world, echo)
    const first = await world.deploy({ githubUrl: repository.url, subdomain: 'mine' })
    expect(first.status).toBe('running')
    await isRefused(
      world,
      { githubUrl: repository.url, subdomain: 'mine' },
      409,
      'subdomain_taken',
      /mine is taken.*Choose another/,
    )
    await isRefused(
      world,
      { githubUrl: repository.url, subdomain: 'www' },
      400,
      'subdomain_reserved',
      /www is reserved. Choose another/,
    )
    await world.remove(first.id)
  })

  test('a failed deploy of a running app leaves the running one alone', async () => {
    const repository = await makeApp(world, echo)
    const first = await world.deploy({ githubUrl: repository.url, subdomain: 'steady' })
    const before = await world.inventory()
    await repository.commit({ Dockerfile: dockerfile.replace('COPY', 'RUN false\nCOPY') }, 'Broken')
    expect((await world.slipway.api('POST', `/api/deployments/${first.id}/redeploy`)).status).toBe(202)
    const after = await world.settled(first.id)
    expect(after).toMatchObject({ status: 'running', release: 1, error: { step: 'build-image', code: 'build_failed' } })
    expect(outside(await world.inventory())).toEqual(outside(before))
    expect((await world.ask('steady.localhost')).status).toBe(200)
    await world.remove(first.id)
  })
})
