import { execFile } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { type CommandLine, createCommandLine, launcher } from '../support/command-line.ts'
import { createSlipway, freePort, root, type Slipway } from '../support/slipway.ts'

const PASSWORD = 'correct horse battery'
const execute = promisify(execFile)

let slipway: Slipway
let cli: CommandLine
beforeAll(async () => {
  slipway = await createSlipway({ SLIPWAY_NGINX: 'off' })
  await slipway.start()
})
afterAll(() => slipway.destroy())
beforeEach(async () => {
  cli = await createCommandLine()
})
afterEach(() => cli.destroy())

const logIn = () => cli.run(['login', slipway.url, '--username', 'admin'], { input: `${PASSWORD}\n` })
const stored = async () => JSON.parse(await readFile(cli.configFile, 'utf8'))
const tokens = async (): Promise<any[]> => (await slipway.api('GET', '/api/tokens')).body.tokens
const statusOf = async (token: string) =>
  (await slipway.api('GET', '/api/auth/verify', undefined, { authorization: `Bearer ${token}` })).status
const makeToken = async (name: string, scope = 'write'): Promise<string> =>
  (await slipway.api('POST', '/api/tokens', { name, scope })).body.secret

describe('a login', () => {
  test('with a password makes a token that only its user can read, and keeps no session', async () => {
    const before = (await slipway.api('GET', '/api/sessions')).body.sessions.length
    const { code, stdout, stderr } = await logIn()
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `Logged in to ${slipway.url} as admin.\n`, stderr: '' })
    const { url, token } = await stored()
    expect(url).toBe(slipway.url)
    expect(await statusOf(token)).toBe(200)
    expect((await stat(cli.configFile)).mode & 0o777).toBe(0o600)
    expect((await stat(path.dirname(cli.configFile))).mode & 0o777).toBe(0o700)
    expect((await tokens())[0]).toMatchObject({ name: expect.stringMatching(/^command line of /), scope: 'write' })
    expect((await slipway.api('GET', '/api/sessions')).body.sessions).toHaveLength(before)
    expect((await cli.run(['whoami'])).stdout).toMatch(/^admin at http.*scope write/)
  })

  test('asks on a terminal, and shows nothing of the password', async () => {
    const { child, untilSeen, ended } = cli.startOnTerminal(['login', slipway.url])
    await untilSeen('User name: ')
    child.stdin?.write('admin\r')
    await untilSeen('Password: ')
    child.stdin?.write(`${PASSWORD}\r`)
    const { code, stdout } = await ended
    expect(stdout).toContain('Logged in to')
    expect(stdout).not.toContain(PASSWORD)
    expect(stdout).not.toContain('horse')
    expect(code).toBe(0)
    expect(await statusOf((await stored()).token)).toBe(200)
  })

  test('that is broken off at the password does nothing: 130', async () => {
    const { child, untilSeen, ended } = cli.startOnTerminal(['login', slipway.url, '--username', 'admin'])
    await untilSeen('Password: ')
    child.stdin?.write('\u0003')
    expect((await ended).code).toBe(130)
    await expect(stored()).rejects.toThrow('ENOENT')
  })

  test('with a wrong password is refused, and nothing is stored', async () => {
    const { code, stderr } = await cli.run(['login', slipway.url, '-u', 'admin'], { input: 'wrong horse battery' })
    expect(code).toBe(1)
    expect(stderr).toMatch(/user name or the password is wrong/)
    await expect(stored()).rejects.toThrow('ENOENT')
  })

  test('takes a token that there is from stdin, and nothing but stdin', async () => {
    const secret = await makeToken('to look', 'read')
    const { code, stdout } = await cli.run(['login', slipway.url, '--token', '--json'], { input: `${secret}\n` })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ url: slipway.url, username: 'admin', scope: 'read', file: cli.configFile })
    expect(await stored()).toEqual({ url: slipway.url, token: secret })
    for (const args of [[`--token=${secret}`], ['--token', secret]]) {
      const refused = await cli.run(['login', slipway.url, ...args])
      expect(refused.code).toBe(2)
      expect(refused.stdout + refused.stderr).not.toContain(secret)
    }
  })

  test('of somebody who is logged in already ends the token of before', async () => {
    await logIn()
    const { token: before } = await stored()
    await logIn()
    const { token: after } = await stored()
    expect([await statusOf(before), await statusOf(after)]).toEqual([401, 200])
  })

  test('leaves a token of before alone that it did not make', async () => {
    const secret = await makeToken('of CI')
    await cli.run(['login', slipway.url, '--token'], { input: secret })
    await logIn()
    expect((await stored()).token).not.toBe(secret)
    expect(await statusOf(secret)).toBe(200)
  })

  test('at what is no Slipway gives no password away', async () => {
    const { code, stderr } = await cli.run(['login', 'http://127.0.0.1:9', '-u', 'admin'], { input: PASSWORD })
    expect(code).toBe(69)
    expect(stderr).toContain('does not answer at http://127.0.0.1:9')
  })
})

describe('a logout', () => {
  test('ends the token there, and forgets it here', async () => {
    await logIn()
    const { token } = await stored()
    expect(await cli.run(['logout'])).toMatchObject({ code: 0, stdout: `Logged out of ${slipway.url}.\n` })
    expect(await statusOf(token)).toBe(401)
    await expect(stored()).rejects.toThrow('ENOENT')
    expect(await cli.run(['list'])).toMatchObject({ code: 1, stderr: expect.stringContaining('slipway login') })
  })

  test('only forgets a token that the login did not make, and says so', async () => {
    const secret = await makeToken('of CI again')
    await cli.run(['login', slipway.url, '--token'], { input: secret })
    expect(await cli.run(['logout'])).toMatchObject({ code: 0, stdout: expect.stringContaining('still good') })
    expect(await statusOf(secret)).toBe(200)
    await expect(stored()).rejects.toThrow('ENOENT')
  })

  test('of a Slipway that is gone says what is left to do', async () => {
    await logIn()
    const text = (await readFile(cli.configFile, 'utf8')).replace(slipway.url, `http://127.0.0.1:${await freePort()}`)
    await writeFile(cli.configFile, text)
    expect(await cli.run(['logout'])).toMatchObject({ code: 0, stdout: expect.stringContaining('delete the token') })
    await expect(stored()).rejects.toThrow('ENOENT')
  })
})

describe('a program', () => {
  test('brings address and token in its environment', async () => {
    const env = { SLIPWAY_URL: slipway.url, SLIPWAY_TOKEN: await makeToken('CI') }
    const { code, stdout } = await cli.run(['list', '--json'], { env })
    expect({ code, answer: JSON.parse(stdout) }).toEqual({ code: 0, answer: { deployments: [] } })
  })

  test.each<[string, string[], Record<string, string>, number, string]>([
    ['nobody logged in', ['list'], {}, 1, 'not_logged_in'],
    ['a token that is none', ['list'], { SLIPWAY_TOKEN: 'slipway_x' }, 1, 'unauthenticated'],
    ['an app that there is not', ['show', 'nope'], { SLIPWAY_TOKEN: 'real' }, 1, 'not_found'],
    ['nobody there', ['list'], { SLIPWAY_URL: 'http://127.0.0.1:9', SLIPWAY_TOKEN: 'x' }, 69, 'unreachable'],
    ['plain HTTP', ['list'], { SLIPWAY_URL: 'http://example.com', SLIPWAY_TOKEN: 'x' }, 1, 'insecure_address'],
    ['a command that there is not', ['lst'], {}, 2, 'wrong_usage'],
    ['an option that there is not', ['deploy', 'a/b', '--subdomian', 'x'], {}, 2, 'wrong_usage'],
    ['an argument that is missing', ['deploy'], {}, 2, 'wrong_usage'],
    ['a number that is none', ['rollback', 'shop', '--release', '-1'], {}, 2, 'wrong_usage'],
    ['a variable without a name', ['deploy', 'a/b', '--env', '=x'], { SLIPWAY_TOKEN: 'real' }, 2, 'wrong_usage'],
  ])('is told of %s in JSON and by the exit code', async (_, args, given, expected, errorCode) => {
    const real = given.SLIPWAY_TOKEN === 'real' && { SLIPWAY_TOKEN: await makeToken(`for ${errorCode} ${args[0]}`) }
    const env = { ...(given.SLIPWAY_TOKEN && { SLIPWAY_URL: slipway.url }), ...given, ...real }
    const { code, stdout, stderr } = await cli.run([...args, '--json'], { env })
    expect({ code, stderr }).toEqual({ code: expected, stderr: '' })
    expect(stdout.trimEnd()).not.toContain('\n')
    expect(JSON.parse(stdout)).toMatchObject({ code: errorCode, message: expect.stringMatching(/^[A-Z“h].*\.$/s) })
  })

  test('is told on stderr without --json, with the command that may have been meant', async () => {
    const { code, stdout, stderr } = await cli.run(['redploy', 'shop'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Did you mean redeploy?')
    expect(await cli.run(['env', 'shop', 'DB=hunter2'])).toMatchObject({
      code: 2,
      stderr: expect.not.stringContaining('hunter2'),
    })
    expect((await cli.run([])).code).toBe(2)
    expect(await cli.run(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('rollback') })
  })
})

describe('slipway starts', () => {
  test('with the machine’s own Node, whichever that is', async () => {
    const PATH =
      process.env.PATH?.split(':')
        .filter((it) => !it.includes('node_modules'))
        .join(':') ?? ''
    const { stdout } = await execute(launcher, ['--version'], { cwd: cli.home, env: { PATH, HOME: cli.home } })
    expect(stdout).toBe(`${manifest.version}\n`)
  })

  test('as npx slipway in the project’s folder', async () => {
    const env = { PATH: process.env.PATH ?? '', HOME: cli.home, npm_config_offline: 'true', npm_config_audit: 'false' }
    const { stdout } = await execute('npx', ['slipway', '--version'], { cwd: root, env })
    expect(stdout).toBe(`${manifest.version}\n`)
  })

  test('as one file, copied to a folder where nothing else is', async () => {
    const vite = path.join(root, 'node_modules', '.bin', 'vite')
    const args = [
      'build',
      '--config',
      path.join(root, 'cli', 'vite.config.ts'),
      '--outDir',
      cli.home,
      '--emptyOutDir',
      'false',
    ]
    await execute(process.execPath, [vite, ...args], { cwd: root })
    const env = { HOME: cli.home, SLIPWAY_URL: slipway.url, SLIPWAY_TOKEN: await makeToken('one file') }
    const { stdout } = await execute(process.execPath, [path.join(cli.home, 'slipway.mjs'), 'whoami'], { env })
    expect(stdout).toContain(`admin at ${slipway.url}`)
  })
})
