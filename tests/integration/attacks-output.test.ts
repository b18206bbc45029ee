import { execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSocket } from '../support/live-socket.ts'
import { argumentLists } from '../support/processes.ts'
import { dockerfile, echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

const TOKEN = 'ghp_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789'
/** Lets no step of a build come out of the cache of an earlier run, which prints nothing. */
const FRESH = `// ${crypto.randomUUID()}\n`
const FORGED = '{"level":30,"msg":"forged entry"}'

let world: World
beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_GITHUB_TOKEN: TOKEN, SLIPWAY_LOG_LEVEL: 'trace' } })
})
afterAll(() => world.destroy())

const logOf = async (id: string, kind: 'build' | 'runtime'): Promise<any[]> =>
  (await world.slipway.api('GET', `/api/logs/${id}?kind=${kind}`)).body.lines

/** The log as a WebSocket tells it, until it has caught up with what HTTP tells. */
async function streamed(id: string, kind: 'build' | 'runtime'): Promise<any[]> {
  const last = (await logOf(id, kind)).at(-1).seq
  const socket = await openSocket(`${world.slipway.url}/api/logs/${id}?kind=${kind}`, {
    authorization: `Bearer ${world.slipway.token}`,
  })
  await socket.until((message) => message.seq >= last)
  socket.close()
  return socket.messages
}

/** Everything the API says about a deployment, as text. */
async function allReplies(id: string): Promise<string> {
  const pages = ['', '/releases', '/env', '/ledger'].map((page) => `/api/deployments/${id}${page}`)
  const others = [`/api/status/${id}`, '/api/deployments', '/api/domains', '/api/audit', '/api/doctor']
  const logs = ['build', 'runtime'].map((kind) => `/api/logs/${id}?kind=${kind}`)
  const replies = await Promise.all([...pages, ...others, ...logs].map((page) => world.slipway.api('GET', page)))
  return replies.map(({ body }) => JSON.stringify(body)).join('\n')
}

describe('41 secrets that a build or an app prints', () => {
  const secret = 'sw/se+cret?&=%"x ü-4711'
  const several = 'first line of a key\nsecond line of a key'
  const forms: Record<string, string> = {
    plain: secret,
    base64: Buffer.from(secret).toString('base64'),
    'base64 for addresses': Buffer.from(secret).toString('base64url'),
    'base64 of a line': Buffer.from(`${secret}\n`).toString('base64'),
    'base64 behind one letter': Buffer.from(`u${secret}`).toString('base64'),
    'base64 of user and password': Buffer.from(`me:${secret}`).toString('base64'),
    'encoded for an address': encodeURIComponent(secret),
    'encoded for a form': new URLSearchParams({ x: secret }).toString().slice(2),
    'as JSON': JSON.stringify(secret),
    'several lines': several,
  }
  /** What stays readable of a form, at most: a few letters at its ends. */
  const piecesOf = (form: string) =>
    form.split('\n').flatMap((line) => Array.from({ length: line.length - 11 }, (_, at) => line.slice(at, at + 12)))

  const print = `
    const forms = ${JSON.stringify(Object.keys(forms))}
    const { SECRET: s, SEVERAL: m } = process.env
    const b = (text) => Buffer.from(text).toString('base64')
    const printed = [s, b(s), Buffer.from(s).toString('base64url'), b(s + '\\n'), b('u' + s), b('me:' + s),
      encodeURIComponent(s), new URLSearchParams({ x: s }).toString().slice(2), JSON.stringify(s), m]
    forms.forEach((name, at) => console.log(name + ' is <' + printed[at] + '> so'))
    console.error('stderr <' + s + '>')`
  let app: any

  beforeAll(async () => {
    const repository = await makeApp(world, `${print}\n${echo}`, {
      'print.js': FRESH + print,
      Dockerfile: dockerfile.replace('COPY server.js .', 'ARG SECRET\nARG SEVERAL\nCOPY . .\nRUN node print.js'),
    })
    app = await world.deploy({
      githubUrl: repository.url,
      subdomain: 'secrets',
      env: [
        { key: 'SECRET', value: secret, secret: true, buildTime: true },
        { key: 'SEVERAL', value: several, secret: true, buildTime: true },
      ],
    })
    expect(app.error).toBeUndefined()
  })

  test.each<['build' | 'runtime', string, (id: string, kind: 'build' | 'runtime') => Promise<any[]>]>([
    ['build', 'HTTP', logOf],
    ['build', 'WebSocket', streamed],
    ['runtime', 'HTTP', logOf],
    ['runtime', 'WebSocket', streamed],
  ])('the %s log over %s shows that they were printed, but none of them in any form', async (kind, _, read) => {
    const text = (await read(app.id, kind)).map((line) => line.text).join('\n')
    for (const [name, form] of Object.entries(forms)) {
      expect(text).toContain(`${name} is <`)
      expect({ name, shown: piecesOf(form).filter((piece) => text.includes(piece)) }).toEqual({ name, shown: [] })
    }
    expect(text).toMatch(/stderr <•+>/)
  })

  test('no reply of the API and no line of the server’s own log has one', async () => {
    const said = `${await allReplies(app.id)}\n${world.slipway.output()}`
    for (const [name, form] of Object.entries(forms))
      expect({ name, shown: piecesOf(form).filter((piece) => said.includes(piece)) }).toEqual({ name, shown: [] })
  })

  test('the database holds it encrypted only', async () => {
    for (const file of (await readdir(world.slipway.dataDir)).filter((name) => name.startsWith('slipway.db'))) {
      const bytes = await readFile(path.join(world.slipway.dataDir, file))
      expect(bytes.includes(secret)).toBe(false)
    }
  })

  test.each([
    ['an app that exits with it on its lips', `console.error(process.env.SECRET); process.exit(3)`, 'app_exited'],
  ])('%s: the error does not repeat it', async (_, server, code) => {
    const repository = await makeApp(world, server)
    const failed = await world.deploy({
      githubUrl: repository.url,
      subdomain: 'telltale',
      env: [{ key: 'SECRET', value: secret, secret: true }],
    })
    expect(failed.error).toMatchObject({ code, message: expect.stringContaining('••••••') })
    expect(`${await allReplies(failed.id)}\n${world.slipway.output()}`).not.toContain(secret)
    await world.remove(failed.id)
  })

  test('a build that fails on it does not put it into the error, either', async () => {
    const repository = await makeApp(world, echo, {
      Dockerfile: 'ARG SECRET\nFROM node:24-slim\nARG SECRET\nCOPY $SECRET /x\n',
    })
    const failed = await world.deploy({
      githubUrl: repository.url,
      subdomain: 'telltale',
      env: [{ key: 'SECRET', value: 'sw-secret-4711', secret: true, buildTime: true }],
    })
    expect(failed.error.code).toBe('build_failed')
    expect(`${await allReplies(failed.id)}\n${world.slipway.output()}`).not.toContain('sw-secret-4711')
    await world.remove(failed.id)
  })
})

describe('41 a secret that is not for the build', () => {
  const secret = 'runtime-only-secret-0815'
  let app: any

  beforeAll(async () => {
    const repository = await makeApp(world, echo, {
      Dockerfile: 'FROM debian:bookworm-slim\nARG ONLY_LATER\nCOPY . /src\nRUN env > /env.txt\nEXPOSE 8000\n',
    })
    app = await world.deploy({
      githubUrl: repository.url,
      subdomain: 'later',
      env: [{ key: 'ONLY_LATER', value: secret, secret: true }],
      overrides: {
        startCommand: `exec perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1); while ($c = $s->accept) { sysread $c, $_, 9999; print $c "HTTP/1.0 200 OK\\r\\n\\r\\n$ENV{ONLY_LATER}"; close $c }'`,
      },
    })
    expect(app.error).toBeUndefined()
  })

  test('the app has it', async () => {
    expect((await world.ask('later.localhost')).text).toBe(secret)
  })

  test('the image has it nowhere: not in a layer, not in its history, not in its description', async () => {
    const image = world.docker.getImage(app.dockerImage)
    expect(JSON.stringify([await image.inspect(), await image.history()])).not.toContain(secret)
    const chunks: Buffer[] = []
    for await (const chunk of await image.get()) chunks.push(chunk as Buffer)
    const layers = Buffer.concat(chunks)
    expect(layers.includes('process.on(')).toBe(true)
    expect(layers.includes(secret)).toBe(false)
    await world.remove(app.id)
  })
})

describe('41 the token for GitHub', () => {
  test('is in no argument list while git has it', async () => {
    const lists: string[] = []
    world.git.intercept('acme', 'watched', ({ headers }, response) => {
      if (!headers.authorization) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
        return
      }
      expect(Buffer.from(headers.authorization.replace('Basic ', ''), 'base64').toString()).toContain(TOKEN)
      argumentLists().then((found) => {
        lists.push(...found)
        response.writeHead(500).end()
      })
    })
    const app = await world.deploy({ githubUrl: 'acme/watched', subdomain: 'watched' })
    expect(app.error).toMatchObject({ step: 'check-out', code: 'repository_unreachable' })
    expect(lists.some((list) => list.includes('/acme/watched'))).toBe(true)
    expect(lists.filter((list) => list.includes(TOKEN))).toEqual([])
    expect(`${await allReplies(app.id)}\n${world.slipway.output()}`).not.toContain(TOKEN)
    await world.remove(app.id)
  })

  test('is in no file of the clone, no layer, no reply and no log of a private repository’s deploy', async () => {
    const repository = await makeApp(world, echo, {
      Dockerfile: dockerfile.replace('COPY server.js .', 'COPY . .\nRUN env && sleep 3'),
    })
    world.git.protect('acme', path.basename(repository.url), TOKEN)
    const { body } = await world.slipway.api('POST', '/api/deployments', {
      githubUrl: repository.url,
      subdomain: 'private',
    })
    const checkout = path.join(world.slipway.dataDir, 'checkouts', `${body.deployment.id}-1`)
    const log = async () => (await logOf(body.deployment.id, 'build')).map((line) => line.text).join('\n')
    while (!(await log()).includes('sleep 3')) await sleep(50)
    expect(execFileSync('ls', ['-a', checkout]).toString()).toContain('.git')
    expect(execFileSync('grep', ['-rl', 'remote', `${checkout}/.git`]).toString()).toContain('config')
    expect(() => execFileSync('grep', ['-r', TOKEN, checkout])).toThrow(/Command failed/)

    const app = await world.settled(body.deployment.id)
    expect(app.error).toBeUndefined()
    expect(`${await allReplies(app.id)}\n${world.slipway.output()}`).not.toContain(TOKEN)
    const { Config } = await world.docker.getContainer(app.containerId).inspect()
    expect(JSON.stringify(Config)).not.toContain(TOKEN)
    await world.remove(app.id)
  })
})

/** Characters that do something to a terminal. */
const controlsIn = (text: string) => [...text].filter((it) => it < ' ' || it === '\x7f')

describe('42, 43 text that would be more than text', () => {
  const parts = [
    '\x1b[31mred\x1b[0m\x1b[2J',
    '\x1b]8;;https://evil.example\x07click\x1b]8;;\x07',
    '\x1b]52;c;cm0gLXJmIC8=\x07',
    'progress 10%\rprogress 99%',
    '<script>alert(1)</script><img src=x onerror=alert(1)>',
    '\u202egnp.exe',
    FORGED,
  ]
  let app: any

  beforeAll(async () => {
    const print = `for (const text of ${JSON.stringify(parts)}) console.log(text)`
    const repository = await makeApp(world, `${print}\n${echo}`, {
      'print.js': FRESH + print,
      Dockerfile: dockerfile.replace('COPY server.js .', 'COPY . .\nRUN node print.js'),
    })
    const git = (...args: string[]) => execFileSync('git', args, { cwd: repository.folder })
    const author = `Eve \x1b[31m<b>${FORGED.replaceAll(/[<>]/g, '')}`
    git(
      '-c',
      `user.name=${author}`,
      '-c',
      'user.email=e@x',
      'commit',
      '-q',
      '--amend',
      '-m',
      `${parts.join(' ')}\n${FORGED}`,
      '--author',
      `${author} <e@x>`,
    )
    git('push', '-q', '--force', 'origin', 'main')
    app = await world.deploy({ githubUrl: repository.url, subdomain: 'inert' })
    expect(app.error).toBeUndefined()
  })

  test.each(['build', 'runtime'] as const)('42 the %s log hands it on as data in JSON', async (kind) => {
    const reply = await fetch(`${world.slipway.url}/api/logs/${app.id}?kind=${kind}`, {
      headers: { authorization: `Bearer ${world.slipway.token}` },
    })
    expect(reply.headers.get('content-type')).toMatch(/^application\/json/)
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    const raw = await reply.text()
    expect(controlsIn(raw)).toEqual([])
    const texts = JSON.parse(raw).lines.map((line: any) => line.text)
    for (const part of parts) expect(texts).toContain(part)
  })

  test('43 message and author of a commit are data, of one line', async () => {
    expect(app.commit.message).toBe(`${parts.join(' ')} ${FORGED}`)
    expect(app.commit.author).toContain('Eve')
    expect(app.commit.author).not.toContain('\n')
    const lines = await logOf(app.id, 'build')
    expect(lines.filter((line) => line.text.startsWith('Commit '))).toHaveLength(1)
  })

  test('43 a commit from a time that is none is deployed all the same', async () => {
    const repository = await makeApp(world, echo)
    const git = (args: string[], input = '') => execFileSync('git', args, { cwd: repository.folder, input }).toString()
    const commit = git(['cat-file', 'commit', 'HEAD']).replace(/(author .*>) \d+/, '$1 99999999999999')
    const sha = git(['hash-object', '-t', 'commit', '-w', '--stdin', '--literally'], commit).trim()
    git(['push', '-q', '--force', 'origin', `${sha}:refs/heads/main`])
    const timeless = await world.deploy({ githubUrl: repository.url, subdomain: 'timeless' })
    expect(timeless).toMatchObject({ status: 'running', commit: { sha, at: '1970-01-01T00:00:00.000Z' } })
    await world.remove(timeless.id)
  })

  test('43 nothing that was sent became an entry of the server’s log', async () => {
    const evil = `x\n${FORGED}\r\n${FORGED}`
    const { slipway } = world
    await slipway.api('POST', '/api/auth/login', { username: evil, password: evil })
    await slipway.api('POST', '/api/deployments', { githubUrl: evil, subdomain: evil, branch: evil, name: evil })
    await slipway.api('POST', '/api/deployments', {
      githubUrl: 'acme/none',
      subdomain: 'none',
      env: [{ key: evil, value: evil }],
    })
    await slipway.api('GET', `/api/deployments/${encodeURIComponent(evil)}`)
    await slipway.api('GET', `/api/domains/${encodeURIComponent(evil)}`)
    await slipway.api('GET', '/api/auth/verify', undefined, { 'user-agent': FORGED, authorization: `Bearer ${FORGED}` })
    await slipway.api('POST', '/api/plan', `{"${evil}`)
    const { body } = await slipway.api('POST', '/api/deployments', {
      githubUrl: 'acme/none',
      subdomain: 'forger',
      env: [{ key: 'A', value: evil }],
      overrides: { startCommand: evil },
    })
    await world.settled(body.deployment.id)
    await world.remove(body.deployment.id)

    const entries = slipway.output().split('\n').filter(Boolean)
    expect(entries.length).toBeGreaterThan(1)
    for (const entry of entries) {
      const parsed = JSON.parse(entry)
      expect(parsed.pid).toBe(slipway.pid())
      expect(parsed.msg).not.toBe('forged entry')
      expect(controlsIn(entry)).toEqual([])
    }
  })

  test('43 the list of who did what has it as data, too', async () => {
    const { body } = await world.slipway.api('GET', '/api/audit')
    const tried = body.entries.filter((entry: any) => entry.actor.includes('forged entry'))
    expect(tried.map((entry: any) => entry.action).sort()).toEqual(['login.attempt', 'login.failed'])
  })
})
