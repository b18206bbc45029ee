import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import tar from 'tar-stream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Recipe } from '../../server/db/releases.ts'
import { packContext } from '../../server/deploy/build-context.ts'
import { type GitServer, type Repository, startGitServer } from '../support/git-server.ts'
import { dockerfile, echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

const MARK = `slipway-attack-${process.pid}-${Date.now()}`

let world: World
beforeAll(async () => {
  world = await createWorld({ env: { SLIPWAY_REPOSITORY_MAX_MB: '1' } })
})
afterAll(() => world.destroy())

/** Commits links: file → what it points to. */
async function link(repository: Repository, links: Record<string, string>): Promise<void> {
  for (const [file, target] of Object.entries(links)) {
    await mkdir(path.dirname(path.join(repository.folder, file)), { recursive: true })
    await symlink(target, path.join(repository.folder, file))
  }
  await repository.commit({}, 'Links')
}

/** The deploy fails with this, before an image is built, and a delete leaves nothing. */
async function isRefused(repository: Repository, code: string, input: object = {}): Promise<any> {
  const before = await world.inventory()
  const app = await world.deploy({ githubUrl: repository.url, subdomain: 'hostile', ...input })
  expect(app).toMatchObject({ status: 'failed', error: { code } })
  const { body } = await world.slipway.api('GET', `/api/logs/${app.id}`)
  expect(JSON.stringify([app, body])).not.toMatch(/root:[*x!$]/)
  expect((await world.inventory()).images).toEqual(before.images)
  await world.remove(app.id)
  expect(await world.inventory()).toEqual(before)
  return app.error
}

describe('14, 15, 16 links to files of this machine', () => {
  test.each<[string, Record<string, string>, object?]>([
    ['14 the Dockerfile', { Dockerfile: '/etc/shadow' }],
    [
      '14 a Dockerfile in another place',
      { 'docker/app.Dockerfile': '/etc/shadow' },
      { dockerfile: 'docker/app.Dockerfile' },
    ],
    ['14 the Dockerfile, as a link to itself', { Dockerfile: 'Dockerfile' }],
    ['14 the Dockerfile, as a device', { Dockerfile: '/dev/zero' }],
    ['14 package.json', { 'package.json': '/etc/passwd' }],
    ['15 the folder above the Dockerfile', { docker: '/etc' }, { dockerfile: 'docker/passwd' }],
    ['15 the folder above, inside the repository', { docker: 'real' }, { dockerfile: 'docker/Dockerfile' }],
  ])('%s: refused, and nothing of it is shown', async (_, links, overrides = {}) => {
    const repository = await makeApp(world, echo, { Dockerfile: null, 'real/Dockerfile': dockerfile })
    await link(repository, links)
    expect((await isRefused(repository, 'file_unsafe', { overrides })).message).toMatch(/symbolic link/)
  })

  test('14 a Compose file as a link to /etc/shadow is not read either', async () => {
    const repository = await makeApp(world, echo, { Dockerfile: null, 'server.js': null, 'README.md': 'hello' })
    await link(repository, { 'compose.yaml': '/etc/shadow', 'docker-compose.yml': '/dev/zero' })
    expect((await isRefused(repository, 'no_template')).message).not.toMatch(/root:/)
  })

  test('15 the root folder', async () => {
    const repository = await makeApp(world, echo)
    await link(repository, { app: '/etc' })
    await isRefused(repository, 'file_unsafe', { rootDir: 'app' })
  })

  test.each(['/dev/zero', '/etc/shadow'])(
    '16 .dockerignore as a link to %s: refused, and the server lives',
    async (to) => {
      const repository = await makeApp(world, echo)
      await link(repository, { '.dockerignore': to })
      await isRefused(repository, 'file_unsafe')
      expect((await world.slipway.api('GET', '/api/auth/verify')).status).toBe(200)
    },
  )

  test('14 links that the app may have stay links: inside the image they point at the image’s own files', async () => {
    const server = `require('node:http').createServer((_, response) =>
      response.end(require('node:fs').readlinkSync('/app/secrets'))).listen(8000)`
    const repository = await makeApp(world, server, { Dockerfile: dockerfile.replace('server.js .', '. .') })
    await link(repository, { secrets: '/etc/shadow' })
    const app = await world.deploy({ githubUrl: repository.url, subdomain: 'links' })
    expect(app.status).toBe('running')
    expect((await world.ask('links.localhost')).text).toBe('/etc/shadow')
    await world.remove(app.id)
  })
})

describe('16, 19, 20 what goes to the engine', () => {
  const own: Recipe = {
    template: 'dockerfile',
    framework: 'Dockerfile',
    commands: {},
    settings: {},
    env: {},
    contextFolder: '',
    dockerfilePath: 'Dockerfile',
    port: null,
    healthPath: '/',
  }
  const maxBytes = 1024 * 1024
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'slipway-context-'))
    await writeFile(path.join(root, 'Dockerfile'), 'FROM scratch\n')
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  /** The entries of the tar stream: `name type` → its text or its target. */
  async function unpack(recipe = own): Promise<Record<string, string>> {
    const { context } = await packContext({ root, recipe, maxBytes })
    const entries: Record<string, string> = {}
    const extract = tar.extract()
    context.on('error', (error) => extract.destroy(error))
    context.pipe(extract)
    for await (const entry of extract) {
      const parts: Buffer[] = []
      for await (const part of entry) parts.push(part as Buffer)
      entries[`${entry.header.name} ${entry.header.type}`] = entry.header.linkname ?? Buffer.concat(parts).toString()
    }
    return entries
  }

  test('16 a FIFO is left out, at the top and below, and nobody waits for it', async () => {
    await mkdir(path.join(root, 'below'))
    execFileSync('mkfifo', [path.join(root, 'pipe'), path.join(root, 'below', 'pipe')])
    expect(await unpack()).toEqual({ 'Dockerfile file': 'FROM scratch\n', 'below directory': '' })
  })

  test.each(['Dockerfile', '.dockerignore', 'Dockerfile.dockerignore'])('16 %s as a FIFO is refused', async (name) => {
    await rm(path.join(root, name), { force: true })
    execFileSync('mkfifo', [path.join(root, name)])
    await expect(packContext({ root, recipe: own, maxBytes })).rejects.toMatchObject({ code: 'file_unsafe' })
  })

  test('16 links are packed as links, also those that lead out and round in circles', async () => {
    await symlink('/etc/shadow', path.join(root, 'out'))
    await symlink('.', path.join(root, 'circle'))
    await symlink('/', path.join(root, 'top'))
    expect(await unpack()).toEqual({
      'Dockerfile file': 'FROM scratch\n',
      'circle symlink': '.',
      'out symlink': '/etc/shadow',
      'top symlink': '/',
    })
  })

  test('16 files with the names of JavaScript’s own things are files', async () => {
    for (const name of ['constructor', '__proto__', 'toString']) await writeFile(path.join(root, name), name)
    expect(Object.keys(await unpack()).sort()).toEqual(
      ['Dockerfile file', '__proto__ file', 'constructor file', 'toString file'].sort(),
    )
  })

  test('16 a file whose name is not UTF-8 is named, unless it is ignored', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])]), 'x')
    await expect(unpack()).rejects.toMatchObject({ code: 'file_unsafe', message: expect.stringMatching(/caf.*UTF-8/) })
    await writeFile(path.join(root, '.dockerignore'), 'caf*\n')
    expect(Object.keys(await unpack()).sort()).toEqual(['.dockerignore file', 'Dockerfile file'])
  })

  test('19 more bytes than allowed break the stream off', async () => {
    for (const name of ['a', 'b']) await writeFile(path.join(root, name), Buffer.alloc(600 * 1024))
    await expect(unpack()).rejects.toMatchObject({ code: 'repository_too_large' })
  })

  test.each([
    ['plain', '# syntax=evil/frontend\nFROM scratch\n'],
    ['without a space', '#syntax=evil/frontend\nFROM scratch\n'],
    ['in capitals, with spaces', '#   SYNTAX   =   evil/frontend\nFROM scratch\n'],
    ['with the line ends of Windows', '# syntax=evil/frontend\r\nFROM scratch\r\n'],
    ['after a byte order mark', '\uFEFF# syntax=evil/frontend\nFROM scratch\n'],
    ['after another directive', '# escape=`\n# syntax=evil/frontend\nFROM scratch\n'],
    ['after #!', '#!/bin/sh\n# syntax=evil/frontend\nFROM scratch\n'],
    ['as a comment of C', '// syntax=evil/frontend\nFROM scratch\n'],
  ])('20 a frontend of the repository’s choice, %s, reaches no engine', async (_, text) => {
    await writeFile(path.join(root, 'Dockerfile'), text)
    const sent = (await unpack())['Dockerfile file']
    expect(sent).not.toMatch(/^\W*syntax\s*=/im)
    expect(sent?.split('\n').length).toBe(text.split('\n').length)
  })

  test.each([
    ['plain', '{"syntax": "evil/frontend"}'],
    ['with an escaped key', ' \n{"\\u0073yntax": "evil/frontend"}'],
    ['after #!', '#!/bin/sh\n{"syntax": "evil/frontend"}'],
  ])('20 JSON in the Dockerfile’s place, %s, is refused', async (_, text) => {
    await writeFile(path.join(root, 'Dockerfile'), text)
    await expect(packContext({ root, recipe: own, maxBytes })).rejects.toMatchObject({ code: 'file_unsafe' })
  })

  test('19 what is too large is told to who reads the context, however late', async () => {
    await writeFile(path.join(root, 'large.bin'), 'x'.repeat(maxBytes + 1))
    const { context } = await packContext({ root, recipe: own, maxBytes })
    await sleep(200) // a build may have to wait until another’s cache is cleared
    await expect(context.toArray()).rejects.toMatchObject({ code: 'repository_too_large' })
  })

  test('20 a Dockerfile below the top is the one that is sent, without its frontend', async () => {
    await mkdir(path.join(root, 'docker'))
    await writeFile(path.join(root, 'docker', 'Dockerfile'), '# syntax=evil/frontend\nFROM scratch\n')
    const entries = await unpack({ ...own, dockerfilePath: 'docker/Dockerfile' })
    expect(entries['docker/Dockerfile file']).toBe('# ignored-syntax=evil/frontend\nFROM scratch\n')
  })
})

test('20 a Dockerfile with a frontend of its own is built with the engine’s', async () => {
  const repository = await makeApp(world, echo, { Dockerfile: `# syntax=evil.example/frontend:1\n${dockerfile}` })
  const app = await world.deploy({ githubUrl: repository.url, subdomain: 'frontend' })
  expect(app.error).toBeUndefined()
  const { body } = await world.slipway.api('GET', `/api/logs/${app.id}`)
  expect(body.lines.map((line: any) => line.text).join('\n')).not.toContain('evil.example')
  await world.remove(app.id)
})

test('19 a repository that is larger than allowed is refused and taken away', async () => {
  const repository = await makeApp(world, echo, { 'large.bin': 'x'.repeat(2 * 1024 * 1024) })
  expect((await isRefused(repository, 'repository_too_large')).message).toMatch(/SLIPWAY_REPOSITORY_MAX_MB/)
})

describe('17, 18 what git could be made to do', () => {
  let other: GitServer
  beforeAll(async () => {
    other = await startGitServer()
    await other.makeRepository('evil', 'module', path.join(process.cwd(), 'tests/fixtures/hello-static'))
  })
  afterAll(() => other.stop())

  /** Whatever runs on this machine by mistake leaves its mark here. */
  const touch = `touch ${path.join(tmpdir(), MARK)}`
  const marks = async () => (await readdir(tmpdir())).filter((name) => name.startsWith(MARK))

  test('17 a submodule is not fetched, neither from another host nor by a command', async () => {
    const repository = await makeApp(world, echo)
    const git = (...args: string[]) => execFileSync('git', args, { cwd: repository.folder })
    await repository.commit(
      {
        '.gitmodules': ['one', 'two', 'three']
          .map((name, at) => {
            const url = [`${other.url}/evil/module`, `ext::sh -c ${touch}`, `-u${touch}`][at]
            return `[submodule "${name}"]\n\tpath = ${name}\n\turl = "${url}"\n\tupdate = !${touch}\n`
          })
          .join(''),
      },
      'Submodules',
    )
    for (const name of ['one', 'two', 'three'])
      git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},${name}`)
    await repository.commit({}, 'Link them')
    const app = await world.deploy({ githubUrl: repository.url, subdomain: 'modules' })
    expect(app.status).toBe('running')
    expect(other.requests).toEqual([])
    expect(await marks()).toEqual([])
    await world.remove(app.id)
  })

  test('18 hooks, filters and scripts of the repository do not run on this machine', async () => {
    const script = `#!/bin/sh\n${touch}\n`
    const hooks = ['post-checkout', 'post-merge', 'pre-commit', 'reference-transaction']
    const repository = await makeApp(world, echo, {
      '.gitattributes': '* filter=evil diff=evil\n',
      '.gitconfig': `[filter "evil"]\n\tsmudge = ${touch}\n[core]\n\tfsmonitor = ${touch}\n`,
      'bare/HEAD': 'ref: refs/heads/main\n',
      'bare/config': `[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfsmonitor = "${touch}"\n`,
      'bare/objects/x': '',
      'bare/refs/x': '',
      'package.json': JSON.stringify({ scripts: { preinstall: touch, postinstall: touch, prepare: touch } }),
      ...Object.fromEntries(
        ['.githooks', '.husky', 'hooks', 'bare/hooks'].flatMap((folder) =>
          hooks.map((hook) => [`${folder}/${hook}`, script]),
        ),
      ),
    })
    execFileSync('chmod', ['-R', '+x', '.githooks', '.husky', 'hooks', 'bare/hooks'], { cwd: repository.folder })
    await repository.commit({}, 'Executable')
    const app = await world.deploy({ githubUrl: repository.url, subdomain: 'hooks' })
    expect(app.status).toBe('running')
    await world.deploy({ githubUrl: repository.url, subdomain: 'hooks-2', rootDir: 'bare', overrides: {} })
    expect(await marks()).toEqual([])
    for (const { id } of (await world.slipway.api('GET', '/api/deployments')).body.deployments) await world.remove(id)
  })

  test('18 the scripts of npm run in the build, and only there', async () => {
    const repository = await world.repository('hello-node')
    await repository.commit(
      {
        'package.json': JSON.stringify({
          name: 'hello-node',
          version: '1.0.0',
          type: 'module',
          scripts: { start: 'node server.js', preinstall: touch, postinstall: 'echo installed > message.txt' },
        }),
      },
      'Scripts',
    )
    const app = await world.deploy({ githubUrl: repository.url, subdomain: 'scripts' })
    expect(app.status).toBe('running')
    expect(await marks()).toEqual([])
    await world.remove(app.id)
  })
})
