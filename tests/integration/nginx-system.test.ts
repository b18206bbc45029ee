import { chmod, mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createNginx, type Nginx, type NginxOptions } from '../../server/adapters/nginx.ts'
import { runProgram } from '../../server/adapters/run-program.ts'
import { appVhost, freePort, visit } from './nginx-world.ts'

let root: string
let conf: string
let settings: NginxOptions
let nginx: Nginx
let app: http.Server
let appPort: number
let helper: { stop(): Promise<void>; runs: number } | undefined

/** Stands for the distribution's nginx: a configuration of its own, with a site of its own, that includes our folder. */
async function startDistribution(extra = '', include = true) {
  const dir = path.join(root, 'slipway.d')
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${root}/${name};`)
    .join(' ')
  const site = `server { listen ${settings.httpPort} default_server; server_name own.test; return 200 distribution; }`
  await writeFile(
    conf,
    `worker_processes 1; pid ${root}/nginx.pid; error_log ${root}/error.log; events {}
     http { access_log off; ${temp} ${extra}
       ${site}
       include conf.d/*.conf;
       ${include ? `include ${dir}/*.conf;` : ''} }`,
  )
  expect(await runProgram('nginx', ['-c', conf])).toMatchObject({ code: 0 })
}

/** Stands for the systemd path unit: takes the request away, tests, reloads. */
function startHelper() {
  let isOver = false
  const state = { runs: 0, stop: async () => undefined as undefined }
  const loop = (async () => {
    while (!isOver) {
      const asked = await unlink(path.join(settings.dir, 'reload-request')).then(
        () => true,
        () => false,
      )
      if (asked) {
        state.runs++
        if ((await runProgram('nginx', ['-t', '-c', conf])).code === 0)
          await runProgram('nginx', ['-s', 'reload', '-c', conf])
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return undefined
  })()
  state.stop = () => {
    isOver = true
    return loop
  }
  return state
}

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'slipway-nginx-system-'))
  await chmod(root, 0o755)
  await mkdir(path.join(root, 'slipway.d'))
  await mkdir(path.join(root, 'conf.d'))
  conf = path.join(root, 'nginx.conf')
  app = http.createServer((request, response) => response.end(`app at ${request.headers.host}`)).listen(0, '127.0.0.1')
  await new Promise((resolve) => app.once('listening', resolve))
  appPort = (app.address() as AddressInfo).port
  settings = {
    mode: 'system',
    bin: 'nginx',
    dir: path.join(root, 'slipway.d'),
    vhostsDir: path.join(root, 'slipway.d'),
    httpPort: await freePort(),
    instance: 'slipway',
    domain: 'example.test',
    systemConf: conf,
    reloadTimeoutMs: 600,
  }
  helper = undefined
})
afterEach(async () => {
  await helper?.stop()
  process.kill(Number(await readFile(path.join(root, 'nginx.pid'), 'utf8')), 'SIGTERM')
  app.closeAllConnections()
  app.close()
  await rm(root, { recursive: true, force: true })
})

const vhost = (subdomain: string) => appVhost(subdomain, appPort, { hostname: `${subdomain}.example.test` })
const see = async (host: string) => (await visit(settings.httpPort, host)).body

describe.each(['command', 'request'] as const)('in the distribution’s nginx, reloaded by %s', (reloadBy) => {
  beforeEach(async () => {
    await startDistribution()
    if (reloadBy === 'request') helper = startHelper()
    nginx = createNginx({ ...settings, reloadBy })
    await nginx.start()
  })

  test('apps come and go beside the distribution’s own site', async () => {
    expect(await nginx.check()).toMatchObject({ ok: true, running: true })
    const blog = vhost('blog')
    await nginx.install(blog)
    expect(await see('blog.example.test')).toBe('app at blog.example.test')
    expect(await see('own.test')).toBe('distribution')
    expect(await nginx.has(blog)).toBe(true)
    expect(await nginx.list()).toHaveLength(1)
    expect(await nginx.ask('blog.example.test', '/')).toMatchObject({ status: 200, release: '1' })

    await nginx.uninstall('blog', blog.deploymentId)
    expect(await visit(settings.httpPort, 'blog.example.test')).toMatchObject({
      status: 404,
      headers: { 'x-slipway-page': 'unknown-host' },
    })
    await nginx.stop()
    expect(await see('own.test')).toBe('distribution')
  })

  test('a hold shows without a reload, and only under our domain', async () => {
    await nginx.hold('next.example.test', vhost('next').deploymentId)
    expect(await visit(settings.httpPort, 'next.example.test')).toMatchObject({ status: 503 })
    expect(await see('next.elsewhere.test')).toBe('distribution')
  })

  test('a broken neighbour is put aside, the others go on', async () => {
    await Promise.all(['good', 'bad'].map((name) => nginx.install(vhost(name))))
    await writeFile(
      path.join(settings.dir, 'bad.conf'),
      `${await readFile(path.join(settings.dir, 'bad.conf'), 'utf8')}}`,
    )
    await nginx.install(vhost('next'))
    expect([await see('good.example.test'), await see('next.example.test')]).toEqual([
      'app at good.example.test',
      'app at next.example.test',
    ])
    expect((await nginx.list()).filter(({ quarantined }) => quarantined)).toMatchObject([{ subdomain: 'bad' }])
  })

  test('an error elsewhere in the distribution’s configuration is reported, and nothing of ours changes', async () => {
    await nginx.install(vhost('good'))
    const site = path.join(root, 'conf.d', 'theirs.conf')
    await writeFile(site, 'listn 80;')
    await expect(nginx.install(vhost('next'))).rejects.toMatchObject({ code: 'nginx_rejected' })
    expect(await readFile(site, 'utf8')).toBe('listn 80;')
    expect((await readdir(settings.dir)).filter((name) => name.includes('.conf'))).toEqual([
      '00-slipway.conf',
      'good.conf',
    ])
    expect(await see('good.example.test')).toBe('app at good.example.test')
    await rm(site)
    await nginx.install(vhost('next'))
    expect(await see('next.example.test')).toBe('app at next.example.test')
  })

  test('a name that the distribution’s own site has is refused', async () => {
    await expect(nginx.install(appVhost('own', appPort, { hostname: 'own.test' }))).rejects.toMatchObject({
      code: 'nginx_rejected',
      message: expect.stringContaining('own.test'),
    })
    expect(await see('own.test')).toBe('distribution')
    expect(await nginx.list()).toEqual([])
  })

  test('the next Slipway adopts what runs, without a reload', async () => {
    await nginx.install(vhost('app'))
    const before = await readFile(path.join(settings.dir, 'generation.inc'), 'utf8')
    await createNginx({ ...settings, reloadBy }).start()
    expect(await readFile(path.join(settings.dir, 'generation.inc'), 'utf8')).toBe(before)
    expect(await see('app.example.test')).toBe('app at app.example.test')
  })
})

test('hash sizes that the distribution sets are not set again', async () => {
  await startDistribution('server_names_hash_bucket_size 128; server_names_hash_max_size 1024;')
  nginx = createNginx(settings)
  await nginx.start()
  expect(await readFile(path.join(settings.dir, '00-slipway.conf'), 'utf8')).not.toMatch(/^server_names_hash/m)
  await nginx.install(vhost('app'))
  expect(await see('app.example.test')).toBe('app at app.example.test')
})

test('a configuration that does not include our folder is named with the line it lacks', async () => {
  await startDistribution('', false)
  await expect(createNginx(settings).start()).rejects.toMatchObject({
    code: 'nginx_rejected',
    message: expect.stringContaining(`include ${settings.dir}/*.conf;`),
  })
})

test('without anyone to reload nginx the install fails in time and takes itself back', async () => {
  await startDistribution()
  helper = startHelper()
  nginx = createNginx({ ...settings, reloadBy: 'request', reloadTimeoutMs: 300 })
  await nginx.start()
  await helper.stop()
  await expect(nginx.install(vhost('app'))).rejects.toMatchObject({ code: 'nginx_rejected' })
  expect(await nginx.list()).toEqual([])
})

test('two instances share one nginx', async () => {
  const other = path.join(root, 'other.d')
  await mkdir(other)
  await startDistribution(`include ${other}/*.conf; server_names_hash_bucket_size 256;`)
  nginx = createNginx({ ...settings, domain: 'one.test' })
  const second = createNginx({ ...settings, dir: other, vhostsDir: other, instance: 'second', domain: 'two.test' })
  // The first to come sets the size of the table, so the second must see that it is set
  await nginx.start()
  await second.start()
  await nginx.install(appVhost('app', appPort, { hostname: 'app.one.test' }))
  await second.install(appVhost('app', appPort, { hostname: 'app.two.test' }))
  expect([await see('app.one.test'), await see('app.two.test')]).toEqual(['app at app.one.test', 'app at app.two.test'])
  expect((await nginx.ask('app.two.test', '/')).release).toBe(null)
})
