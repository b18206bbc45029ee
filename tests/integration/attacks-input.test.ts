import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GitServer, type Repository, startGitServer } from '../support/git-server.ts'
import { echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

/** Every command of an attack would leave a file of this name. */
const MARK = `slipway-attack-${process.pid}-${Date.now()}`
const TOKEN = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz'

let world: World
let good: Repository
/** A deployment that failed, to be changed. */
let existing: string

beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_GITHUB_TOKEN: TOKEN } })
  good = await makeApp(world, echo)
  existing = (await world.deploy({ githubUrl: 'acme/there-is-none', subdomain: 'existing' })).id
})
afterAll(() => world.destroy())

type Row = [what: string, input: Record<string, unknown>, code?: string]

/** The input is refused wherever it can be given, with the field it is about, and nothing at all happens. */
function isRefused(field: string, rows: Row[]): void {
  test.each(rows)('%s', async (_, input, code = 'invalid_input') => {
    const before = await world.inventory()
    const asked = world.git.requests.length
    const body = { githubUrl: good.url, subdomain: 'attacked', ...input }
    const answers = [
      ...(await Promise.all(
        ['/api/deployments', '/api/deploy', '/api/plan'].map((address) => world.slipway.api('POST', address, body)),
      )),
      ...('githubUrl' in input ? [] : [await world.slipway.api('PATCH', `/api/deployments/${existing}`, input)]),
    ]
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 400, body: { code, message: expect.stringMatching(/\.$/) } })
      expect(answer.body.field).toMatch(new RegExp(`^${field}`))
    }
    expect(await world.inventory()).toEqual(before)
    expect(world.git.requests.length).toBe(asked)
  })
}

/** Files that a command of ours, run by the wrong shell, would have left on this machine. */
const leftByAttacks = async () =>
  (await Promise.all([tmpdir(), process.cwd(), world.slipway.dataDir].map((folder) => readdir(folder))))
    .flat()
    .filter((name) => name.startsWith(MARK))

test('the request that every attack is a change of is a good one', async () => {
  const { status, body } = await world.slipway.api('POST', '/api/plan', { githubUrl: good.url, subdomain: 'attacked' })
  expect({ status, problems: body.problems }).toEqual({ status: 200, problems: [] })
})

describe('1 a name with a command in it', () => {
  isRefused(
    'name',
    [
      'a;curl x|sh',
      '$(id)',
      '`id`',
      'a\nb',
      'a\0b',
      '../x',
      '-rf',
      'a"b',
      "a'b",
      '<b>',
      '\x1b[31mred',
      'x'.repeat(101),
      '',
    ].map((name): Row => [JSON.stringify(name), { name }]),
  )
})

describe('2 a branch with a command in it', () => {
  isRefused(
    'branch',
    ['$(id)', '`id`', 'a;id', 'a|id', 'a&id', 'a b', "a'b", 'a\nb', 'a\0b', 'a\\b', 'a..b', 'HEAD~1', 'x^', 'a:b', '*']
      .map((branch): Row => [JSON.stringify(branch), { branch }])
      .concat([['200 letters and one', { branch: 'x'.repeat(201) }]]),
  )
})

describe('3 a branch that git would take for an option', () => {
  isRefused(
    'branch',
    ['--upload-pack=x', '-b', '--config=core.sshCommand=id', '-'].map((branch): Row => [branch, { branch }]),
  )
  isRefused('branch', [['in the address', { githubUrl: 'acme/app/tree/--upload-pack=x' }]])
})

describe('4 an address with characters of a shell', () => {
  isRefused(
    'githubUrl',
    [
      'acme/x;id',
      'acme/$(id)',
      'acme/`id`',
      'acme/x|sh',
      'acme/x y',
      "acme/x'",
      'acme/x"',
      'acme/x\\y',
      'acme/x\nacme/y',
      'acme/x\0',
      'acme/x?service=git',
      'acme/x&id',
      '-x/y',
      '--upload-pack=id/y',
      'acme/..',
      'acme/.git',
      'acme/x/blob/main',
      'git@127.0.0.1:acme/x;id',
      'x',
      ' ',
    ].map((githubUrl): Row => [JSON.stringify(githubUrl), { githubUrl }]),
  )
})

describe('5, 6 other ways to fetch than http', () => {
  isRefused(
    'githubUrl',
    [
      'ext::sh -c id',
      'EXT::sh%20-c%20id',
      'ext::id/x',
      'fd::17/x',
      'file:///etc',
      'FILE:///etc/x',
      'ssh://-oProxyCommand=id/x',
      'ssh://git@127.0.0.1/acme/x',
      'git://127.0.0.1/acme/x',
      'ftp://127.0.0.1/acme/x',
      'javascript:acme/x',
      'data:text/plain,x',
      '../etc',
      './etc',
    ].map((githubUrl): Row => [githubUrl, { githubUrl }]),
  )
})

describe('7 other hosts and private addresses', () => {
  isRefused(
    'githubUrl',
    [
      'http://127.0.0.1/acme/x',
      'http://127.0.0.1:22/acme/x',
      'http://[::1]/acme/x',
      'http://[::ffff:127.0.0.1]/acme/x',
      'http://2130706433/acme/x',
      'http://0x7f.1/acme/x',
      'http://0/acme/x',
      'http://localhost/acme/x',
      'http://169.254.169.254/latest/meta-data',
      'http://10.0.0.1/acme/x',
      'http://127.0.0.1.nip.io/acme/x',
      'http://metadata.google.internal/acme/x',
      'https://evil.example/acme/x',
      'https://github.com@evil.example/acme/x',
      '10.0.0.1/acme/x',
      'git@evil.example:acme/x',
      '//evil.example/acme/x',
    ].map((githubUrl): Row => [githubUrl, { githubUrl }]),
  )

  test.each([
    ['the same address under another name', (url: string) => url.replace('127.0.0.1', 'localhost')],
    ['the host as the beginning of another', (url: string) => `${url}.evil.example`],
    ['a user name before the host', (url: string) => url.replace('//', '//someone@')],
    ['the host as the user name', (url: string) => `${url}@evil.example`],
    ['another port', (url: string) => url.replace(/\d$/, (digit) => (digit === '1' ? '2' : '1'))],
  ])('%s', async (_, change) => {
    const asked = world.git.requests.length
    const githubUrl = `${change(world.git.url)}/acme/x`
    const { status, body } = await world.slipway.api('POST', '/api/deployments', { githubUrl, subdomain: 'attacked' })
    expect({ status, code: body.code, field: body.field }).toEqual({
      status: 400,
      code: 'invalid_input',
      field: 'githubUrl',
    })
    expect(world.git.requests.length).toBe(asked)
  })
})

describe('8 a Git host that sends us elsewhere', () => {
  let other: GitServer
  beforeAll(async () => {
    other = await startGitServer()
    await other.makeRepository('acme', 'moved', path.join(process.cwd(), 'tests/fixtures/hello-static'))
  })
  afterAll(() => other.stop())

  test.each([
    ['at once', false],
    ['after it was shown the token', true],
  ])('%s: the clone fails, and the other host hears nothing', async (_, afterToken) => {
    const name = afterToken ? 'moved-later' : 'moved'
    const before = await world.inventory()
    world.git.intercept('acme', name, ({ headers, url = '' }, response) => {
      if (afterToken && !headers.authorization) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
        return
      }
      response.writeHead(302, { location: `${other.url}${url.replace(name, 'moved')}` }).end()
    })
    const app = await world.deploy({ githubUrl: `acme/${name}`, subdomain: name })
    expect(app).toMatchObject({ status: 'failed', error: { step: 'check-out', code: 'repository_not_found' } })
    expect(app.error.message).toMatch(/renamed or moved/)
    expect(other.requests).toEqual([])
    const shown = world.git.requests.filter((it) => it.path.includes(`/${name}`) && it.authorization)
    expect(shown.length > 0).toBe(afterToken)
    await world.remove(app.id)
    expect(await world.inventory()).toEqual(before)
  })
})

describe('9, 10 commands and variables arrive as they were written', () => {
  const nasty = `"quotes" 'single' $HOME $(touch ${MARK}) \`touch ${MARK}\` \\n \\\\ ; & | > /tmp/${MARK} # {{ 7*7 }} %s 🚢`
  const values: Record<string, string> = {
    QUOTES: `"double" 'single' \`back\``,
    DOLLARS: `$HOME \${HOME} $(touch ${MARK}) $$`,
    BACKSLASHES: '\\ \\n \\\\ \\u0041 C:\\dir\\',
    LINES: 'one\ntwo\r\nthree\n',
    SPACES: '  before, after \t ',
    EMPTY: '',
    EQUALS: 'a=b=c',
    COMMENT: '# not a comment',
    TEMPLATE: '{{ 7*7 }} {% raw %} <%= x %>',
    EMOJI: '🚢👩‍👩‍👧 naïve Ü 中文 \u202e',
    CONTROL: '\x01\x1b[31m\x7f',
    LONG: 'ä"$\\'.repeat(6554).slice(0, 27_000),
    JSON: '{"level":30,"msg":"forged"}',
    BUILT: nasty,
    PORT: '3456',
  }
  const startCommand = `printf '%s\\n' "a \\"b\\" 'c'" '${'$'}(id)' '\`id\`' "$(touch /tmp/${MARK} && echo ran inside)"\n# a comment; not the end\nexec node server.js`
  const buildCommand = `printf '%s' "$BUILT" > message.txt\ntouch /tmp/${MARK} "/tmp/${MARK} 2" && printf '%s\\n' 'it''s "built" \\\\ $HOME' | tee -a message.txt`
  let app: any

  beforeAll(async () => {
    expect(Buffer.byteLength(values.LONG ?? '')).toBeGreaterThan(32 * 1024)
    const repository = await world.repository('hello-node')
    app = await world.deploy({
      githubUrl: repository.url,
      subdomain: 'verbatim',
      env: Object.entries(values).map(([key, value]) => ({ key, value, buildTime: key === 'BUILT' })),
      overrides: { startCommand, buildCommand },
    })
  })

  test('9 the start command is what the container’s own shell gets, quotes and line ends included', async () => {
    expect(app.error).toBeUndefined()
    const { Config } = await world.docker.getContainer(app.containerId).inspect()
    expect(Config.Cmd).toEqual([startCommand])
    const { body } = await world.slipway.api('GET', `/api/logs/${app.id}?kind=runtime`)
    const printed = body.lines.map((line: any) => line.text)
    expect(printed.slice(0, 4)).toEqual([`a "b" 'c'`, '$(id)', '`id`', 'ran inside'])
  })

  test('9 the build command runs in the build as it was written, with its variable byte for byte', async () => {
    const { text } = await world.ask('verbatim.localhost')
    expect(text).toBe(`${nasty}its "built" \\\\ $HOME\n`)
  })

  test('9 neither ran on this machine', async () => {
    expect(await leftByAttacks()).toEqual([])
  })

  test('10 every value is the same inside the container', async () => {
    const inside = JSON.parse((await world.ask('verbatim.localhost', '/env')).text)
    expect(Object.fromEntries(Object.keys(values).map((key) => [key, inside[key]]))).toEqual(values)
  })

  test('10 a PORT of the user’s own is the only one', async () => {
    const { Env } = (await world.docker.getContainer(app.containerId).inspect()).Config
    expect(Env.filter((it) => it.startsWith('PORT='))).toEqual(['PORT=3456'])
    expect(Env).toContain(`BUILT=${nasty}`)
  })

  test('gone again without a trace', async () => {
    await world.remove(app.id)
    const { containers, images, ports } = await world.inventory()
    expect({ containers, images, ports }).toEqual({ containers: [], images: [], ports: [] })
  })
})

describe('10 variables that are none', () => {
  const keys = [
    'A=B',
    'A\nB',
    'A B',
    'A-B',
    '1A',
    '$A',
    'A\0',
    'É',
    '',
    '__proto__',
    '__x',
    'LD_PRELOAD',
    'LD_AUDIT',
    'BUILDKIT_SYNTAX',
  ]
  isRefused(
    'env',
    [...keys, 'DYLD_INSERT_LIBRARIES', 'A'.repeat(201)].map(
      (key): Row => [JSON.stringify(key).slice(0, 40), { env: [{ key, value: 'x' }] }],
    ),
  )
  isRefused('env', [
    ['a value with NUL', { env: [{ key: 'A', value: 'a\0b' }] }],
    ['a value longer than Linux passes on', { env: [{ key: 'A', value: 'ä'.repeat(65_600) }] }],
    ['no value', { env: [{ key: 'A' }] }],
    ['more than 1 MiB together', { env: [...'ABCDEFGHIJ'].map((key) => ({ key, value: 'x'.repeat(120_000) })) }],
    [
      'more for the build than the engine takes',
      { env: [...'ABCD'].map((key) => ({ key, value: 'ä'.repeat(60_000), buildTime: true })) },
    ],
    ['a field that is none', { env: [{ key: 'A', value: 'x', readonly: true }] }],
    ['an object as a value', { env: [{ key: 'A', value: { toString: 'x' } }] }],
  ])
})

describe('11 volumes that reach out of the app', () => {
  isRefused(
    'volumes',
    ['a;id', '../x', '-v', 'A', 'a/b', 'a:b', '', 'x'.repeat(60), '/etc'].map(
      (name): Row => [`the name ${JSON.stringify(name)}`, { volumes: [{ name, path: '/data' }] }],
    ),
  )
  isRefused(
    'volumes',
    [
      ...[
        '/',
        '',
        'data',
        '..',
        '/data/../etc',
        '/./etc',
        '//etc',
        '/data:ro',
        '/da ta',
        '/data/',
        '/a\n',
        '/a,b',
        '/$HOME',
      ],
      ...['/var/run', '/var/run/docker.sock', '/run', '/run/docker.sock', '/proc', '/proc/1', '/sys/fs/cgroup', '/dev'],
      ...['/dev/shm', '/etc', '/etc/shadow', '/bin', '/usr/local/bin', '/lib64', '/root', '/home', '/tmp', '/var'],
    ].map((where): Row => [`the path ${JSON.stringify(where)}`, { volumes: [{ name: 'data', path: where }] }]),
  )
  isRefused('volumes', [
    ['a path of the host', { volumes: [{ name: 'data', path: '/data', source: '/' }] }],
    [
      'two at one place',
      {
        volumes: [
          { name: 'a', path: '/data' },
          { name: 'b', path: '/data' },
        ],
      },
    ],
  ])
})

describe('12 a health path that is a request of its own', () => {
  isRefused(
    'overrides.healthPath',
    [
      '/a\r\nX-Injected: 1',
      '/a\nb',
      'http://169.254.169.254/',
      '//evil.example/',
      'health',
      '',
      '/a b',
      '/\\evil',
      '/é',
      '/#x',
      '/"x',
      '/<x>',
      '/{x}',
    ].map((healthPath): Row => [JSON.stringify(healthPath), { overrides: { healthPath } }]),
  )
})

describe('13 a path that leads out of the repository', () => {
  isRefused(
    'overrides.dockerfile',
    [
      '../../x',
      'a/../../x',
      '/etc/passwd',
      'a\0b',
      '.git/config',
      'a/.git/hooks/x',
      'a\nb',
      'a//b',
      '',
      '~/.ssh/id_rsa',
      '$(id)',
      'C:\\x',
      '--file=x',
    ].map((dockerfile): Row => [JSON.stringify(dockerfile), { overrides: { dockerfile } }]),
  )
  isRefused(
    'rootDir',
    ['..', '../..', 'a/../..', '/../etc', '.git', 'a\0b', 'a\\b', 'a\nb', '$(id)'].map(
      (rootDir): Row => [`the folder ${JSON.stringify(rootDir)}`, { rootDir }],
    ),
  )
})

describe('25 a subdomain with characters that mean something to nginx', () => {
  isRefused(
    'subdomain',
    [
      'a;b',
      'a{',
      'a}b',
      'a\nb',
      'a\n',
      'a\tb',
      '$host',
      'a b',
      ' a',
      'a.b',
      'a.',
      '*',
      '~a',
      '"a"',
      'a#',
      'a/b',
      '../a',
      'x; location = /pwn { return 200; } #',
      'a\0',
    ].map((subdomain): Row => [JSON.stringify(subdomain), { subdomain }]),
  )
})

describe('26 the length of a subdomain', () => {
  isRefused(
    'subdomain',
    ['', '-', '-a', 'a-', 'a'.repeat(64)].map((subdomain): Row => [`${subdomain.length}: ${subdomain}`, { subdomain }]),
  )

  test('63 letters are deployed and answer', async () => {
    const subdomain = 'a'.repeat(63)
    const app = await world.deploy({ githubUrl: good.url, subdomain })
    expect(app).toMatchObject({ status: 'running', subdomain })
    expect((await world.ask(`${subdomain}.localhost`)).status).toBe(200)
    await world.remove(app.id)
  })
})

describe('27 reserved subdomains', () => {
  isRefused(
    'subdomain',
    ['www', 'api', 'admin', 'slipway', 'WWW', 'Ａdmin', 'localhost', 'xn--80ak6aa92e', 'ab--cd'].map(
      (subdomain): Row => [subdomain, { subdomain }, 'subdomain_reserved'],
    ),
  )
  isRefused('subdomain', [['_acme-challenge', { subdomain: '_acme-challenge' }]])

  test('the page for names says so too', async () => {
    for (const [name, reason] of [
      ['www', 'www is reserved.'],
      ['_acme-challenge', 'A subdomain has 1 to 63 letters'],
      ['existing', 'existing is taken by there-is-none.'],
    ]) {
      const { body } = await world.slipway.api('GET', `/api/domains/${name}`)
      expect(body).toMatchObject({ available: false, reason: expect.stringContaining(reason ?? '') })
    }
    expect((await world.slipway.api('GET', '/api/domains/free')).body).toEqual({
      subdomain: 'free',
      hostname: 'free.localhost',
      available: true,
    })
  })
})

describe('28 letters that look like others', () => {
  isRefused(
    'subdomain',
    ['аpple', 'αpp', 'ıapp', 'café', 'a\u200dpp', 'a。b'].map((subdomain): Row => [subdomain, { subdomain }]),
  )

  test('upper case and full width are the same name as plain letters', async () => {
    const create = (subdomain: string) =>
      world.slipway.api('POST', '/api/deployments', { githubUrl: 'acme/there-is-none', subdomain })
    const first = await create('Ｍｙ-ＡＰＰ1')
    expect(first).toMatchObject({ status: 202, body: { deployment: { subdomain: 'my-app1' } } })
    for (const same of ['my-app1', 'MY-APP1', 'my-app１']) {
      expect(await create(same)).toMatchObject({ status: 409, body: { code: 'subdomain_taken', field: 'subdomain' } })
    }
    await world.settled(first.body.deployment.id)
    await world.remove(first.body.deployment.id)
  })
})

describe('29 many at once', () => {
  test('of twenty claims of one subdomain one is taken, and nineteen say why not', async () => {
    const before = await world.inventory()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        world.slipway.api('POST', '/api/deployments', { githubUrl: 'acme/there-is-none', subdomain: 'wanted' }),
      ),
    )
    const [won, ...more] = answers.filter((it) => it.status === 202)
    expect(more).toEqual([])
    const lost = answers.filter((it) => it.status !== 202)
    expect(lost.map((it) => [it.status, it.body.code])).toEqual(
      Array.from({ length: 19 }, () => [409, 'subdomain_taken']),
    )
    await world.settled(won?.body.deployment.id)
    await world.remove(won?.body.deployment.id)
    expect(await world.inventory()).toEqual(before)
  })

  test('an app cannot move to the subdomain of another', async () => {
    const { body } = await world.slipway.api('POST', '/api/deployments', { githubUrl: good.url, subdomain: 'mover' })
    await world.settled(body.deployment.id)
    const before = await world.inventory()
    const answer = await world.slipway.api('PATCH', `/api/deployments/${body.deployment.id}`, { subdomain: 'existing' })
    expect(answer).toMatchObject({ status: 409, body: { code: 'subdomain_taken', field: 'subdomain' } })
    expect(await world.inventory()).toEqual(before)
    await world.remove(body.deployment.id)
  })
})
