import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommandLine, createCommandLine, type Ended } from '../support/command-line.ts'
import type { Repository } from '../support/git-server.ts'
import { makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

/** Says `text`, shows its environment, and tries to take over the terminal that its log is read on. */
const saying = (
  text: string,
  startsAfterMs = 0,
) => `console.log('\\u001b]0;owned\\u0007\\u001b[2Jlistening \\u001b[32mnow\\u001b[0m')
const server = require('node:http').createServer(({ url }, response) =>
  response.end(url === '/env' ? JSON.stringify(process.env) : ${JSON.stringify(text)}))
setTimeout(() => server.listen(8000), ${startsAfterMs})
process.on('SIGTERM', () => process.exit())
`

let world: World
let cli: CommandLine
let repository: Repository
beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_DRAIN_SECONDS: '1', SLIPWAY_START_TIMEOUT_SECONDS: '10' } })
  cli = await createCommandLine()
  repository = await makeApp(world, saying('one'))
  await cli.run(['login', world.slipway.url, '-u', 'admin'], { input: 'correct horse battery' })
})
afterAll(async () => {
  await world.destroy()
  await cli.destroy()
})

const ok = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await cli.run(args)
  expect({ args, code, stderr: code === 0 ? '' : stderr + stdout }).toEqual({ args, code: 0, stderr: '' })
  return stdout
}
const json = async (...args: string[]) => JSON.parse(await ok(...args, '--json'))
const failing = async (...args: string[]): Promise<Ended & { answer: any }> => {
  const ended = await cli.run([...args, '--json'])
  return { ...ended, answer: JSON.parse(ended.stdout) }
}
const text = async (path = '/') => (await world.ask('shop.localhost', path)).text
const address = () => `http://shop.localhost:${world.slipway.httpPort}`

describe('an app from the command line, in the order of its life', () => {
  test('plan says what would be made, and makes nothing', async () => {
    const before = await world.inventory()
    const said = await ok('plan', repository.url, '--subdomain', 'shop')
    expect(said).toContain(address())
    expect(said).toMatch(/It would make:[\s\S]*image /)
    expect(await json('plan', repository.url, '--subdomain', 'shop')).toMatchObject({ subdomain: 'shop', problems: [] })
    expect(await world.inventory()).toEqual(before)
  })

  test('deploy --wait shows steps and log, and answers the address', async () => {
    const { code, stdout, stderr } = await cli.run(
      ['deploy', repository.url, '-s', 'shop', '--env', 'COLOUR=blue', '--secret', 'DB_PASSWORD', '--wait'],
      { env: { DB_PASSWORD: 'hunter2-secret' } },
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${address()}\n` })
    expect(stderr).toMatch(
      /│ .*COPY server\.js[\s\S]*✓ build-image \d+\.\d s[\s\S]*✓ await-health .*[\s\S]*✓ prove-live/,
    )
    expect(stderr).not.toMatch(/create-volumes|route-tunnel|hunter2/)
    expect(await text()).toBe('one')
    expect(JSON.parse(await text('/env'))).toMatchObject({ COLOUR: 'blue', DB_PASSWORD: 'hunter2-secret' })
  })

  test('list and show tell of it, by subdomain and by id', async () => {
    const { deployments } = await json('list')
    expect(deployments).toMatchObject([{ subdomain: 'shop', status: 'running', release: 1 }])
    expect(await ok('list')).toMatch(/^APP .*\nshop +running +1 .*First commit\n$/)
    for (const named of ['SHOP', deployments[0].id])
      expect(await json('show', named)).toMatchObject({ deployment: { subdomain: 'shop' }, releases: [{ release: 1 }] })
    expect(await ok('show', 'shop')).toMatch(/Address +http:\/\/shop[\s\S]*RELEASE[\s\S]*1 +live/)
    expect(await failing('show', 'shopp')).toMatchObject({
      code: 1,
      answer: { code: 'not_found', hint: expect.stringMatching(/shop/) },
    })
  })

  test('what it prints cannot take over the terminal, and is whole in JSON', async () => {
    expect(await ok('logs', 'shop')).toBe('listening now\n')
    const { child, untilSeen, ended } = cli.startOnTerminal(['logs', 'shop', '--follow'])
    await untilSeen('listening')
    child.stdin?.write('\u0003')
    expect((await ended).stdout).toContain('listening \u001b[32mnow\u001b[0m')
    expect((await ended).stdout).not.toMatch(/owned|\[2J/)
    const line = JSON.parse(await ok('logs', 'shop', '--json'))
    expect(line).toMatchObject({ stream: 'stdout', text: expect.stringContaining('\u001b]0;owned\u0007') })
    expect(await ok('logs', 'shop', '--build')).toContain('COPY server.js')
  })

  test('no process of it shows the token', async () => {
    const { token } = JSON.parse(await readFile(cli.configFile, 'utf8'))
    const { child, untilSeen, ended } = cli.start(['logs', 'shop', '-f'])
    await untilSeen('listening')
    const { stdout } = await promisify(execFile)('ps', ['-eo', 'args'], { maxBuffer: 10_000_000 })
    expect(stdout).toContain('logs shop -f')
    expect(stdout).not.toContain(token)
    child.kill()
    await ended
  })

  test('variables are listed masked, and changed one by one', async () => {
    expect(await ok('env', 'shop')).toMatch(/COLOUR +blue *\nDB_PASSWORD +•+ +secret/)
    await ok('env', 'shop', 'set', 'COLOUR=green', '--later')
    expect(JSON.parse(await text('/env')).COLOUR).toBe('blue')
    expect(await ok('env', 'shop', 'set', 'SIZE=a=b', '--wait')).toBe(`${address()}\n`)
    expect(JSON.parse(await text('/env'))).toMatchObject({
      COLOUR: 'green',
      SIZE: 'a=b',
      DB_PASSWORD: 'hunter2-secret',
    })
    await ok('env', 'shop', 'unset', 'COLOUR', '--later')
    expect((await json('env', 'shop', 'list')).env.map((it: any) => it.key)).toEqual(['DB_PASSWORD', 'SIZE'])
    expect(await failing('env', 'shop', 'unset', 'NOPE')).toMatchObject({ code: 1, answer: { code: 'not_found' } })
    expect(await failing('env', 'shop', 'set', 'LD_PRELOAD=x')).toMatchObject({ code: 2 })
  })

  test('a redeploy that fails ends with 1 and the reason', async () => {
    await repository.commit({ 'server.js': "throw new Error('no database')" }, 'Break it')
    const { code, stdout, stderr } = await cli.run(['redeploy', 'shop', '--wait'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/✗ await-health/)
    expect(stderr).toMatch(/\nerror: .+\n/)
    expect(await text()).toBe('one')
    const again = await failing('redeploy', 'shop', '--wait')
    expect(again).toMatchObject({
      code: 1,
      stderr: '',
      answer: { code: 'app_exited', step: 'await-health', release: 4 },
    })
  })

  test('Ctrl-C while it waits leaves the deploy on its way, and says so', async () => {
    await repository.commit({ 'server.js': saying('two', 3000) }, 'Say two')
    const { child, untilSeen, ended } = cli.start(['redeploy', 'shop', '--wait'])
    await untilSeen('check-out')
    child.kill('SIGINT')
    expect(await ended).toMatchObject({
      code: 130,
      stdout: '',
      stderr: expect.stringMatching(/goes on.*slipway show shop.*slipway cancel shop/),
    })
    await expect.poll(() => text()).toBe('two')
  })

  test('waiting outlives a crash of Slipway', async () => {
    await repository.commit({ 'server.js': saying('three', 3000) }, 'Say three')
    const { untilSeen, ended } = cli.start(['redeploy', 'shop', '--wait'])
    await untilSeen('check-out')
    await world.slipway.kill()
    await untilSeen('does not answer at the moment')
    await world.slipway.start()
    expect(await ended).toMatchObject({ code: 0, stdout: `${address()}\n` })
    expect(await text()).toBe('three')
  })

  test('following a log outlives a crash of Slipway', async () => {
    const { child, untilSeen, seen, ended } = cli.start(['logs', 'shop', '--follow'])
    await untilSeen('listening')
    await world.slipway.kill()
    await untilSeen('does not answer at the moment')
    await world.slipway.start()
    await ok('restart', 'shop', '--wait')
    await expect.poll(() => seen().match(/listening/g)).toHaveLength(2)
    child.kill()
    await ended
  })

  test('rollback goes to the release before, and says what that changes', async () => {
    const { code, stdout, stderr } = await cli.run(['rollback', 'shop', '--wait'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${address()}\n` })
    expect(stderr).toMatch(/Going back to release 5 changes:\n {2}commit: \w{7} Say three → \w{7} Say two/)
    expect(await text()).toBe('two')
    expect(await failing('rollback', 'shop', '--release', '99')).toMatchObject({
      code: 1,
      answer: { code: 'not_found' },
    })
  })

  test('stop, start and restart wait until it is so', async () => {
    expect(await ok('stop', 'shop', '--wait')).toBe('shop is stopped.\n')
    expect((await world.ask('shop.localhost')).status).toBeGreaterThanOrEqual(500)
    expect(await ok('start', 'shop', '--wait')).toBe('shop is running.\n')
    expect(await json('restart', 'shop', '--wait')).toMatchObject({ deployment: { status: 'running' } })
    expect(await text()).toBe('two')
  })

  test('doctor finds nothing', async () => {
    expect(await ok('doctor')).toContain('Nothing is wrong.')
  })

  test('a token that only reads changes nothing', async () => {
    const { body } = await world.slipway.api('POST', '/api/tokens', { name: 'reader', scope: 'read' })
    const env = { SLIPWAY_URL: world.slipway.url, SLIPWAY_TOKEN: body.secret }
    expect(await cli.run(['stop', 'shop'], { env })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/read-only/),
    })
    expect(await cli.run(['list'], { env })).toMatchObject({ code: 0, stdout: expect.stringMatching(/shop +running/) })
  })

  test('delete asks, is refused where nobody is, and with --yes leaves nothing', async () => {
    expect(await failing('delete', 'shop')).toMatchObject({ code: 2, answer: { hint: 'Add --yes.' } })
    const { child, untilSeen, ended } = cli.startOnTerminal(['delete', 'shop'])
    await untilSeen('[y/N]')
    child.stdin?.write('n\r')
    expect((await ended).code).toBe(1)
    expect((await json('list')).deployments).toHaveLength(1)
    expect(await ok('delete', 'shop', '--yes', '--wait')).toMatch(
      /^shop is gone: \d+ things removed and looked for\.\n$/,
    )
    const left = await world.inventory()
    expect({ ...left, tables: [] }).toEqual(Object.fromEntries(Object.keys(left).map((it) => [it, []])))
    expect(await json('list')).toEqual({ deployments: [] })
  })
})
