import { randomUUID } from 'node:crypto'
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createNginx, type Vhost } from '../../server/adapters/nginx.ts'
import { workersOf } from '../../server/adapters/nginx-workers.ts'
import { appVhost, createWorld, type World } from './nginx-world.ts'

let world: World
let blue: number
let green: number
const said: string[] = []

beforeAll(async () => {
  world = await createWorld({ log: (message) => said.push(message) })
  await world.nginx.start()
  blue = (await world.serve((_, response) => response.end('blue'))).port
  green = (await world.serve((_, response) => response.end('green'))).port
})
afterAll(() => world.close())
beforeEach(async () => {
  for (const name of await readdir(world.settings.vhostsDir)) await rm(`${world.settings.vhostsDir}/${name}`)
  await world.nginx.checkAll()
  said.length = 0
})

const bodyAt = async (host: string) => (await world.visit(`${host}.localhost`)).body
const installAll = (...vhosts: Vhost[]) => Promise.all(vhosts.map((vhost) => world.nginx.install(vhost)))
const textOf = (subdomain: string) => readFile(world.vhostFile(subdomain), 'utf8')
const acceptingWorkers = async () => {
  const master = Number(await readFile(`${world.settings.dir}/nginx.pid`, 'utf8'))
  return (await workersOf(master, 'accepting')) ?? []
}
const generation = () => readFile(`${world.settings.dir}/generation.inc`, 'utf8')

describe('install and uninstall', () => {
  test('an installed vhost answers, is listed and owned; an uninstalled one is gone', async () => {
    const vhost = appVhost('app', blue, { release: 4 })
    expect(await world.nginx.has(vhost)).toBe(false)
    await world.nginx.install(vhost)
    expect(await bodyAt('app')).toBe('blue')
    expect(await textOf('app')).toMatch(new RegExp(`^# slipway:slipway:${vhost.deploymentId} release 4\n`))
    expect(await world.nginx.has(vhost)).toBe(true)
    expect(await world.nginx.has({ ...vhost, release: 5 })).toBe(false)
    expect(await world.nginx.owns('app', vhost.deploymentId)).toBe(true)
    const { target: _, ...rest } = vhost
    expect(await world.nginx.list()).toEqual([{ ...rest, quarantined: false }])

    await world.nginx.uninstall('app', vhost.deploymentId)
    expect((await world.visit('app.localhost')).status).toBe(404)
    expect(await readdir(world.settings.vhostsDir)).toEqual([])
    expect(await world.nginx.owns('app', vhost.deploymentId)).toBe(false)
    await world.nginx.uninstall('app', vhost.deploymentId)
  })

  test('the same vhost again costs no reload', async () => {
    const vhost = appVhost('app', blue)
    await world.nginx.install(vhost)
    const before = await generation()
    await world.nginx.install(vhost)
    expect(await generation()).toBe(before)
    await world.nginx.install({ ...vhost, release: 2 })
    expect(await generation()).not.toBe(before)
  })

  test('a vhost whose file someone took away is loaded no more after uninstall', async () => {
    const vhost = appVhost('app', blue)
    await world.nginx.install(vhost)
    await rm(world.vhostFile('app'))
    expect(await bodyAt('app')).toBe('blue')
    await world.nginx.uninstall('app', vhost.deploymentId)
    expect((await world.visit('app.localhost')).status).toBe(404)
  })

  test('every answer after install comes from the new target', async () => {
    const vhost = appVhost('app', blue)
    for (let release = 1; release <= 4; release++) {
      const port = release % 2 === 0 ? green : blue
      const before = await acceptingWorkers()
      await world.nginx.install({ ...vhost, release, target: { kind: 'app', port } })
      expect((await acceptingWorkers()).filter((pid) => before.includes(pid))).toEqual([])
      const bodies = await Promise.all(Array.from({ length: 20 }, () => bodyAt('app')))
      expect(new Set(bodies)).toEqual(new Set([release % 2 === 0 ? 'green' : 'blue']))
    }
  })

  test('a switch of ports under constant load fails no request', async () => {
    const vhost = appVhost('busy', blue)
    await world.nginx.install(vhost)
    const load = startLoad(world.settings.httpPort, 'busy.localhost')
    for (let release = 2; release <= 6; release++) {
      const port = release % 2 === 0 ? green : blue
      await world.nginx.install({ ...vhost, release, target: { kind: 'app', port } })
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const { failures, bodies } = await load.stop()
    expect(failures).toEqual([])
    expect(bodies.blue).toBeGreaterThan(20)
    expect(bodies.green).toBeGreaterThan(20)
  })

  test('many at once share reloads, and each is right', async () => {
    const first = Number(/\d+ worker/.exec(await generation())?.[0].split(' ')[0])
    const vhosts = Array.from({ length: 20 }, (_, index) => appVhost(`app${index}`, index % 2 === 0 ? blue : green))
    await installAll(...vhosts)
    for (const [index] of vhosts.entries()) expect(await bodyAt(`app${index}`)).toBe(index % 2 === 0 ? 'blue' : 'green')
    const last = Number(/\d+ worker/.exec(await generation())?.[0].split(' ')[0])
    expect(last - first).toBeLessThanOrEqual(3)
  })

  test('changes of one vhost keep their order', async () => {
    const vhost = appVhost('app', blue)
    await Promise.all([
      world.nginx.install(vhost),
      world.nginx.uninstall('app', vhost.deploymentId),
      world.nginx.install({ ...vhost, release: 2, target: { kind: 'app', port: green } }),
    ])
    expect(await bodyAt('app')).toBe('green')
  })

  test('names of 63 characters work, a hundred of them', async () => {
    const vhosts = Array.from({ length: 100 }, (_, index) => appVhost(`${'n'.repeat(60)}${100 + index}`, blue))
    await installAll(...vhosts)
    expect(await bodyAt(`${'n'.repeat(60)}199`)).toBe('blue')
  })
})

describe('what belongs to others', () => {
  test('a file without our mark is neither overwritten nor removed', async () => {
    const foreign = `server { listen ${world.settings.httpPort}; server_name hand.localhost; return 200 hand; }\n`
    await writeFile(world.vhostFile('hand'), foreign)
    const vhost = appVhost('hand', blue)
    await expect(world.nginx.install(vhost)).rejects.toMatchObject({ code: 'name_in_use' })
    await world.nginx.uninstall('hand', vhost.deploymentId)
    expect(await textOf('hand')).toBe(foreign)
    expect(await world.nginx.owns('hand', vhost.deploymentId)).toBe(false)
    expect(await world.nginx.list()).toEqual([])
  })

  test('nor is that of another deployment or another instance', async () => {
    const vhost = appVhost('app', blue)
    await world.nginx.install(vhost)
    const other = { ...vhost, deploymentId: randomUUID(), target: { kind: 'app' as const, port: green } }
    await expect(world.nginx.install(other)).rejects.toMatchObject({ code: 'name_in_use' })
    await world.nginx.uninstall('app', other.deploymentId)
    expect(await bodyAt('app')).toBe('blue')

    await writeFile(world.vhostFile('app'), (await textOf('app')).replace('# slipway:slipway:', '# slipway:other:'))
    await expect(world.nginx.install(vhost)).rejects.toMatchObject({ code: 'name_in_use' })
    expect(await world.nginx.list()).toEqual([])
  })
})

describe('a configuration that nginx refuses', () => {
  test('a host name that another vhost has is refused, and everything is as before', async () => {
    const rightful = appVhost('zoo', blue)
    await world.nginx.install(rightful)
    const thief = appVhost('ape', green, { hostname: 'zoo.localhost' })
    await expect(world.nginx.install(thief)).rejects.toMatchObject({
      code: 'nginx_rejected',
      message: expect.stringContaining('zoo.localhost'),
    })
    expect(await readdir(world.settings.vhostsDir)).toEqual(['zoo.conf'])
    expect(await bodyAt('zoo')).toBe('blue')
    expect((await world.nginx.check()).ok).toBe(true)
  })

  test('a failed redeploy leaves the old target serving', async () => {
    const [vhost, other] = [appVhost('app', blue), appVhost('other', blue)]
    await installAll(vhost, other)
    const wrong = { ...vhost, release: 2, hostname: 'other.localhost', target: { kind: 'app' as const, port: green } }
    await expect(world.nginx.install(wrong)).rejects.toMatchObject({ code: 'nginx_rejected' })
    expect(await bodyAt('app')).toBe('blue')
    expect(await bodyAt('other')).toBe('blue')
    expect(await world.nginx.has(vhost)).toBe(true)
  })

  test('of several at once only the faulty one fails', async () => {
    await world.nginx.install(appVhost('taken', blue))
    const thief = appVhost('thief', green, { hostname: 'taken.localhost' })
    const results = await Promise.allSettled([
      world.nginx.install(appVhost('first', blue)),
      world.nginx.install(appVhost('a', green)),
      world.nginx.install(thief),
      world.nginx.install(appVhost('b', green)),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect([await bodyAt('a'), await bodyAt('b'), await bodyAt('taken')]).toEqual(['green', 'green', 'blue'])
  })

  test('a file that cannot be written fails alone, and nothing half-made stays', async () => {
    const [good, bad] = [appVhost('good', blue), appVhost('bad', blue)]
    await installAll(good)
    const inTheWay = `${world.vhostFile('bad')}.slipway-new`
    await mkdir(inTheWay)
    const results = await Promise.allSettled([
      world.nginx.install(appVhost('first', green)),
      world.nginx.install({ ...good, release: 2, target: { kind: 'app', port: green } }),
      world.nginx.install(bad),
    ])
    await rm(inTheWay, { recursive: true })
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect([await bodyAt('first'), await bodyAt('good')]).toEqual(['green', 'green'])
    expect(await readdir(world.settings.vhostsDir)).toEqual(['first.conf', 'good.conf'])
  })

  const broken: [string, (text: string) => string][] = [
    ['an unknown directive', (text) => text.replace('keepalive_timeout 0;', 'keepalive_timeoud 0;')],
    ['a brace too few', (text) => text.trimEnd().slice(0, -1)],
    ['a brace too many', (text) => `${text}}\n`],
    ['an upstream that does not resolve', (text) => text.replace(/127\.0\.0\.1:\d+/, 'no-such-host.invalid:80')],
    ['half a file', (text) => text.slice(0, 400)],
  ]
  test.each(broken)('%s in a neighbour: it is put aside, the others go on', async (_, breakIt) => {
    const neighbour = appVhost('broken', blue)
    await installAll(appVhost('alpha', blue), neighbour, appVhost('omega', blue))
    await writeFile(world.vhostFile('broken'), breakIt(await textOf('broken')))

    await world.nginx.install(appVhost('newcomer', green))
    expect([await bodyAt('newcomer'), await bodyAt('alpha'), await bodyAt('omega')]).toEqual(['green', 'blue', 'blue'])
    expect(await world.nginx.list()).toContainEqual(
      expect.objectContaining({ subdomain: 'broken', quarantined: true, reason: expect.stringMatching(/\w+/) }),
    )
    expect(said.join()).toContain('broken.conf')
    expect(await world.nginx.check()).toMatchObject({
      ok: false,
      running: true,
      problem: expect.stringContaining('broken'),
    })
    expect(await world.nginx.has(neighbour)).toBe(false)
    expect(await world.nginx.owns('broken', neighbour.deploymentId)).toBe(true)

    await world.nginx.install(neighbour)
    expect(await bodyAt('broken')).toBe('blue')
    expect((await readdir(world.settings.vhostsDir)).filter((name) => name.includes('quarantined'))).toEqual([])
  })

  test('checkAll finds all broken files, also one that nginx does not name, and tells which', async () => {
    await installAll(...['a', 'b', 'c', 'd', 'e'].map((name) => appVhost(name, blue)))
    await writeFile(world.vhostFile('b'), (await textOf('b')).replace('proxy_pass', 'proxy_pazz'))
    // A name too long for its table is what nginx blames on no file
    await writeFile(world.vhostFile('d'), (await textOf('d')).replace('d.localhost', `${'x'.repeat(300)}.localhost`))
    const aside = await world.nginx.checkAll()
    expect(aside.map(({ file }) => file).sort()).toEqual([world.vhostFile('b'), world.vhostFile('d')])
    expect(await Promise.all(['a', 'c', 'e'].map(bodyAt))).toEqual(['blue', 'blue', 'blue'])
    expect((await world.visit('b.localhost')).status).toBe(404)
    expect(await world.nginx.checkAll()).toEqual([])
  })

  test('checkAll settles two claims on one host for the file that is named after it', async () => {
    const vhost = appVhost('mine', blue)
    await world.nginx.install(vhost)
    const copy = (await textOf('mine')).replaceAll('_mine', '_copy').replace(String(blue), String(green))
    await writeFile(world.vhostFile('a-copy'), copy)
    const aside = await world.nginx.checkAll()
    expect(aside.map(({ file }) => file)).toEqual([world.vhostFile('a-copy')])
    expect(await bodyAt('mine')).toBe('blue')
  })

  test('a start with broken vhosts runs the rest', async () => {
    await installAll(appVhost('good', blue), appVhost('bad', blue))
    await world.nginx.stop()
    await writeFile(world.vhostFile('bad'), `${await textOf('bad')} }`)
    await createNginx(world.settings).start()
    expect(await bodyAt('good')).toBe('blue')
    expect((await world.visit('bad.localhost')).status).toBe(404)
  })

  test('uninstall removes a quarantined copy of the deployment, and no other’s', async () => {
    const [mine, other] = [appVhost('mine', blue), appVhost('other', blue)]
    await installAll(mine, other)
    for (const vhost of [mine, other]) {
      await writeFile(world.vhostFile(vhost.subdomain), `${await textOf(vhost.subdomain)} }`)
    }
    await world.nginx.checkAll()
    await world.nginx.uninstall('mine', mine.deploymentId)
    await world.nginx.uninstall('other', mine.deploymentId)
    const left = await readdir(world.settings.vhostsDir)
    expect(left).toEqual(['other.conf.quarantined', 'other.conf.quarantined.reason'])
  })

  test('a broken main configuration is nobody’s vhost’s fault', async () => {
    await world.nginx.install(appVhost('app', blue))
    const main = `${world.settings.dir}/nginx.conf`
    const text = await readFile(main, 'utf8')
    await writeFile(main, text.replace('server_tokens off;', 'server_tokenz off;'))
    const installing = world.nginx.install(appVhost('next', green))
    await expect(installing).rejects.toMatchObject({
      code: 'nginx_rejected',
      message: expect.stringContaining('tokenz'),
    })
    expect(await readdir(world.settings.vhostsDir)).toEqual(['app.conf'])
    expect(await bodyAt('app')).toBe('blue')
    await createNginx(world.settings).start()
    expect((await world.nginx.check()).ok).toBe(true)
  })
})

describe('names from outside', () => {
  const id = randomUUID()
  const hostile: [string, Partial<Vhost>][] = [
    ['a location in the host name', { hostname: 'x; location = /pwn { return 200 pwned; } #' }],
    ['a brace', { hostname: 'x{' }],
    ['a variable', { hostname: '$host' }],
    ['a line end', { hostname: 'x.localhost\n' }],
    ['a space', { subdomain: 'a b' }],
    ['a dot', { subdomain: 'a.b' }],
    ['a path', { subdomain: '../nginx/nginx' }],
    ['64 characters', { subdomain: 'a'.repeat(64) }],
    ['a hyphen at the end', { subdomain: 'a-' }],
    ['upper case', { subdomain: 'App' }],
    ['another alphabet', { subdomain: 'аpp' }],
    ['the name of our own status', { hostname: 'slipway.slipway-status.invalid' }],
    ['an id with more behind it', { deploymentId: `${id}\nserver {}` }],
    ['a release that is text', { release: '1; return 200 x' as unknown as number }],
    ['a port that is text', { target: { kind: 'app', port: '80; #' as unknown as number } }],
    ['port 0', { target: { kind: 'app', port: 0 } }],
    ['a page of another name', { target: { kind: 'page', page: 'x;' as 'stopped' } }],
  ]
  test.each(hostile)('%s is refused before anything is written', async (_, part) => {
    const vhost = appVhost('app', blue, part)
    await expect(world.nginx.install(vhost)).rejects.toMatchObject({ code: 'invalid_input' })
    expect(await readdir(world.settings.vhostsDir)).toEqual([])
  })

  test('every other entrance checks its names too', async () => {
    const refused = { code: 'invalid_input' }
    const { nginx } = world
    await expect(nginx.uninstall('../x', id)).rejects.toMatchObject(refused)
    await expect(nginx.uninstall('x', '../x')).rejects.toMatchObject(refused)
    await expect(nginx.hold('../x', id)).rejects.toMatchObject(refused)
    await expect(nginx.hold('x', 'not an id')).rejects.toMatchObject(refused)
    await expect(nginx.unhold('../nginx.conf')).rejects.toMatchObject(refused)
    await expect(nginx.holds('/etc/passwd')).rejects.toMatchObject(refused)
    await expect(nginx.ask('x\r\nx: y', '/')).rejects.toMatchObject(refused)
    await access(`${world.settings.dir}/nginx.conf`)
    expect(() => createNginx({ ...world.settings, dir: '/tmp/"; x' })).toThrow('dir')
    expect(() => createNginx({ ...world.settings, dir: world.settings.vhostsDir })).toThrow('dir')
    expect(() => createNginx({ ...world.settings, instance: 'a;b' })).toThrow('instance')
  })
})

/** Keeps several requests going, on kept connections and on fresh ones, and counts what came back. */
function startLoad(port: number, host: string) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 })
  const failures: string[] = []
  const bodies: Record<string, number> = {}
  let isOver = false
  const once = (fresh: boolean) =>
    new Promise<void>((resolve) => {
      const asked = http.get(
        { host: '127.0.0.1', port, agent: fresh ? false : agent, headers: { host } },
        async (response) => {
          let body = ''
          for await (const chunk of response) body += String(chunk)
          bodies[body] = (bodies[body] ?? 0) + 1
          if (response.statusCode !== 200) failures.push(`${response.statusCode} ${body}`)
          resolve()
        },
      )
      asked.on('error', (error) => {
        failures.push(String(error))
        resolve()
      })
    })
  const workers = [true, true, false, false].map(async (fresh) => {
    while (!isOver) await once(fresh)
  })
  return {
    async stop() {
      isOver = true
      await Promise.all(workers)
      agent.destroy()
      return { failures, bodies: { blue: 0, green: 0, ...bodies } }
    },
  }
}
