import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CREDENTIALS, METADATA, startMetadataService } from '../support/metadata-service.ts'
import { prisoner, tryInBuild } from '../support/prisoner.ts'
import { root } from '../support/slipway.ts'
import { dockerfile, echo, makeApp } from '../support/small-app.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let removeMetadata: () => Promise<void>
let hostile: { id: string; port: number }
let victim: { id: string; port: number; address: string; name: string }
/** The machine, as the app sees it. */
let gateway: string
let apiPort: number

beforeAll(async () => {
  removeMetadata = await startMetadataService()
  world = await createWorld({ env: { SLIPWAY_METADATA_WALL: 'own', SLIPWAY_RECONCILE_SECONDS: '1' } })
  apiPort = Number(new URL(world.slipway.url).port)
  const other = await world.deploy({ githubUrl: (await makeApp(world, echo)).url, subdomain: 'victim' })
  const { network, address } = await networkOf(`${world.slipway.instance}-victim-1`)
  victim = { id: other.id, port: other.port, address, name: network }
  hostile = await world.deploy({
    githubUrl: (await makeApp(world, prisoner)).url,
    subdomain: 'hostile',
    volumes: [{ name: 'data', path: '/data' }],
  })
  gateway = (await networkOf(`${world.slipway.instance}-hostile-1`)).gateway
})
afterAll(async () => {
  await world.destroy()
  wall('down')
  await removeMetadata()
})

async function networkOf(container: string) {
  const { NetworkSettings } = await world.docker.getContainer(container).inspect()
  const [[network, { IPAddress: address, Gateway: gateway }] = ['', { IPAddress: '', Gateway: '' }]] = Object.entries(
    NetworkSettings.Networks,
  )
  return { network, address, gateway }
}

/** Lets the hostile app try something. */
async function tries(what: string, input: object): Promise<string> {
  const { text } = await world.ask('hostile.localhost', `/${encodeURIComponent(JSON.stringify({ what, ...input }))}`)
  return JSON.parse(text)
}
const connects = (host: string, port: number) => tries('connect', { host, port })

/** The same from this machine: what it may reach, to know that it is there. */
async function machineConnects(host: string, port: number): Promise<string> {
  const script = `process.stdout.write(await new Promise((done) => require('node:net').connect(${port}, '${host}').once('connect', () => done('open')).once('error', (e) => done(e.code)))); process.exit()`
  return execFileSync(process.execPath, ['--input-type=commonjs', '-e', `(async () => { ${script} })()`], {
    encoding: 'utf8',
  })
}

const engineCgroup = () => readFileSync(`/proc/${readFileSync('/run/docker.pid', 'utf8')}/cgroup`, 'utf8')

const wall = (what: string) => execFileSync(path.join(root, 'scripts', 'metadata-wall'), [what, world.slipway.instance])
const rules = () =>
  execFileSync('iptables', ['-w', '10', '-S', 'DOCKER-USER'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(`"slipway:${world.slipway.instance}"`))

/** The machine's addresses in the networks that it is a part of. */
const ownAddresses = () =>
  Object.entries(networkInterfaces())
    .filter(([name]) => /^(eth|en)/.test(name))
    .flatMap(([, addresses = []]) => addresses.filter((it) => it.family === 'IPv4').map((it) => it.address))

const NOT_REACHED = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|no answer)$/

describe('an app and its neighbours', () => {
  test('it reaches itself, so that what it does not reach says something', async () => {
    const { address } = await networkOf(`${world.slipway.instance}-hostile-1`)
    expect(await connects(address, 8000)).toBe('open')
    expect(await connects('127.0.0.1', 8000)).toBe('open')
  })

  test('another app’s container is not reached by its address, nor known by its name', async () => {
    expect(await machineConnects(victim.address, 8000)).toBe('open')
    expect(await connects(victim.address, 8000)).toMatch(NOT_REACHED)
    for (const name of [victim.name, 'victim', 'victim.localhost'])
      expect(await connects(name, 8000)).toMatch(/^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED)$/)
  })

  test('another app’s published port is not reached: it is on the machine’s loopback only', async () => {
    expect(await machineConnects('127.0.0.1', victim.port)).toBe('open')
    for (const host of ['127.0.0.1', gateway, '172.17.0.1', ...ownAddresses()])
      expect(await connects(host, victim.port)).toMatch(NOT_REACHED)
  })

  test('through nginx it is a visitor like all others: what it says of where it comes from is overwritten', async () => {
    const url = `http://${gateway}:${world.slipway.httpPort}/`
    const forged = { 'x-forwarded-for': '127.0.0.1', 'cf-connecting-ip': '127.0.0.1', 'x-real-ip': '127.0.0.1' }
    const answer = await tries('fetch', { url, options: { headers: { host: 'victim.localhost', ...forged } } })
    const { address } = await networkOf(`${world.slipway.instance}-hostile-1`)
    expect(answer).toContain(`"x-forwarded-for":"${address}"`)
    expect(answer).not.toContain('127.0.0.1')
  })
})

describe('an app and Slipway', () => {
  test('the API is not reached: it listens on the machine’s loopback', async () => {
    expect(await machineConnects('127.0.0.1', apiPort)).toBe('open')
    for (const host of ['127.0.0.1', gateway, '172.17.0.1', ...ownAddresses()])
      expect(await connects(host, apiPort)).toMatch(NOT_REACHED)
  })

  test('where it listens on all addresses, the app reaches a closed door: nothing without a token', async () => {
    await world.slipway.terminate()
    await world.slipway.start({ SLIPWAY_HOST: '0.0.0.0' })
    try {
      const base = `http://${gateway}:${apiPort}`
      expect(await tries('fetch', { url: `${base}/health` })).toMatch(/^(200|503) /)
      const forged = {
        'x-forwarded-for': '127.0.0.1',
        origin: world.slipway.url,
        cookie: '__Host-slipway=x; slipway=x',
        authorization: 'Bearer slipway_x',
        'content-type': 'application/json',
      }
      for (const address of [
        'deployments',
        'tokens',
        'audit',
        'stats',
        `logs/${victim.id}`,
        `deployments/${victim.id}/env`,
      ])
        expect(await tries('fetch', { url: `${base}/api/${address}`, options: { headers: forged } })).toMatch(/^401 /)
      const body = JSON.stringify({ githubUrl: 'https://github.com/acme/x' })
      for (const [method, address] of [
        ['POST', 'deployments'],
        ['DELETE', `deployments/${victim.id}`],
        ['POST', `deployments/${victim.id}/stop`],
      ])
        expect(
          await tries('fetch', { url: `${base}/api/${address}`, options: { method, headers: forged, body } }),
        ).toMatch(/^40[13] /)
    } finally {
      await world.slipway.terminate()
      await world.slipway.start()
    }
  })
})

describe('an app and the engine', () => {
  test('its socket is not there, and not on the network', async () => {
    for (const file of ['/var/run/docker.sock', '/run/docker.sock', '/run/containerd/containerd.sock'])
      expect(await tries('connectTo', { file })).toBe('ENOENT')
    for (const port of [2375, 2376, 2377]) expect(await connects(gateway, port)).toMatch(NOT_REACHED)
    expect(await tries('read', { file: '/proc/net/unix' })).not.toMatch(/docker|containerd/)
  })

  test('nothing of the machine’s files is mounted: volumes of its own, and what the engine writes for it', async () => {
    const mounts = (await tries('read', { file: '/proc/self/mountinfo' })).split('\n').filter((line) => line !== '')
    const fromDisk = mounts
      .filter((line) => / - (ext4|xfs|btrfs|zfs|overlay) /.test(line))
      .map((line) => line.split(' ')[4])
    expect(fromDisk.sort()).toEqual(
      [
        '/',
        '/data',
        '/etc/hostname',
        '/etc/hosts',
        '/etc/resolv.conf',
        '/sbin/docker-init',
        '/usr/sbin/docker-init',
      ].filter((it) => fromDisk.includes(it)),
    )
    expect(fromDisk).toEqual(expect.arrayContaining(['/', '/data']))
  })

  test('it has seven capabilities, and gets no more by any program', async () => {
    const status = await tries('read', { file: '/proc/self/status' })
    // CHOWN 0, DAC_OVERRIDE 1, FOWNER 3, KILL 5, SETGID 6, SETUID 7, NET_BIND_SERVICE 10
    expect(/CapBnd:\s*([0-9a-f]+)/.exec(status)?.[1]).toBe('00000000000004eb')
    expect(/NoNewPrivs:\s*(\d)/.exec(status)?.[1]).toBe('1')
    expect(/Seccomp:\s*(\d)/.exec(status)?.[1]).toBe('2')
  })
})

describe('the metadata service of the machine', () => {
  test('it is there for who may ask, and no app nor build is among them', async () => {
    expect(await machineConnects(METADATA, 80)).toBe('open')
    expect(await connects(METADATA, 80)).toBe('ECONNREFUSED')
    expect(await connects('169.254.170.2', 80)).toBe('ECONNREFUSED')
    // Some clouds answer DNS at the same address
    expect(await connects(METADATA, 53)).toBe('open')
  })

  test('without the rules it would give the credentials away; within a moment they are back', async () => {
    const ask = () => tries('fetch', { url: `http://${METADATA}/latest/meta-data/` })
    // The reconciler may be faster once
    const askWithout = () => {
      wall('down')
      return ask()
    }
    await expect.poll(askWithout).toBe(`200 ${CREDENTIALS}`)
    await expect.poll(ask).toBe('failed ECONNREFUSED')
  })

  test('a build reaches neither it, nor an app, nor Slipway; and cannot ask for the machine’s own network', async () => {
    const places = [
      `${METADATA}:80`,
      `${METADATA}:53`,
      `${victim.address}:8000`,
      `172.17.0.1:${apiPort}`,
      `127.0.0.1:${apiPort}`,
      `172.17.0.1:${victim.port}`,
    ]
    const builder = (flags: string) =>
      dockerfile.replace('EXPOSE', `RUN ${flags} ${tryInBuild(places, '/app/found.json')}\nEXPOSE`)
    const built = await world.deploy({
      githubUrl: (await makeApp(world, prisoner, { Dockerfile: builder('') })).url,
      subdomain: 'built',
    })
    expect(built.status).toBe('running')
    const { text } = await world.ask(
      'built.localhost',
      `/${encodeURIComponent(JSON.stringify({ what: 'read', file: '/app/found.json' }))}`,
    )
    const found = JSON.parse(JSON.parse(text))
    expect(found[`${METADATA}:53`]).toBe('open')
    delete found[`${METADATA}:53`]
    for (const [place, result] of Object.entries(found))
      expect([place, result]).toEqual([place, expect.stringMatching(NOT_REACHED)])
    await world.remove(built.id)
    for (const flag of ['--network=host', '--security=insecure']) {
      const app = await world.deploy({
        githubUrl: (await makeApp(world, prisoner, { Dockerfile: builder(flag) })).url,
        subdomain: 'built',
      })
      expect(app).toMatchObject({ status: 'failed', error: { step: 'build-image' } })
      await world.remove(app.id)
    }
  })

  test('a build takes nothing from the image of another app, however it is named', async () => {
    const { instance } = world.slipway
    const hidden = `ARG WHOSE=${instance}\nARG WHAT=victim\n`
    for (const text of [
      `FROM ${instance}/victim:1\n`,
      `${hidden}FROM $WHOSE/$WHAT:1\nRUN cat server.js\n`,
      `FROM node:24-slim\nCOPY --from=docker.io/${instance}/victim:1 /app /stolen\nRUN cat /stolen/server.js\n`,
      `FROM node:24-slim\nRUN --mount=type=bind,from=${instance}/victim:1,target=/stolen cat /stolen/app/server.js\n`,
    ]) {
      const app = await world.deploy({
        githubUrl: (await makeApp(world, prisoner, { Dockerfile: text })).url,
        subdomain: 'thief',
      })
      expect(app).toMatchObject({ status: 'failed', error: { step: 'build-image', code: 'file_unsafe' } })
      expect(app.error.message).toContain(`${instance}/victim:1, which is the image of an app here`)
      const { body } = await world.slipway.api('GET', `/api/logs/${app.id}?kind=build`)
      expect(JSON.stringify(body)).not.toContain('createServer')
      await world.remove(app.id)
    }
  })

  test('where nobody keeps the rules, the doctor says so and what to do', async () => {
    const finding = async () =>
      (await world.slipway.api('GET', '/api/doctor?fresh=true')).body.findings.find(
        (it: { id: string }) => it.id === 'machine:metadata-wall',
      )
    // Where systemd does not run the engine, nothing tells its downloads from what other programs of the machine do
    if (/^0::\/./m.test(engineCgroup())) expect(await finding()).toBeUndefined()
    else expect((await finding()).message).toContain('what a Dockerfile lets the engine download (ADD http://…)')
    await world.slipway.terminate()
    await world.slipway.start({ SLIPWAY_METADATA_WALL: 'helper' })
    expect(await finding()).toMatchObject({
      severity: 'warning',
      message: expect.stringMatching(/169\.254\.169\.254.*slipway-metadata\.service does not run/),
      remedy: { text: expect.stringContaining('scripts/up --service') },
    })
    await world.slipway.terminate()
    await world.slipway.start()
  })
})

describe('24 a Compose file that asks for the machine', () => {
  const compose = `services:
  web:
    build: .
    privileged: true
    pid: host
    network_mode: host
    ipc: host
    userns_mode: host
    cap_add: [ALL]
    security_opt: ["seccomp:unconfined", "apparmor:unconfined"]
    devices: ["/dev/kmsg:/dev/kmsg"]
    volumes: ["/:/host", "/var/run/docker.sock:/var/run/docker.sock"]
    command: ["cat", "/host/etc/shadow"]
  second:
    image: node:24-slim
    privileged: true
`

  test.each(['compose.yaml', 'docker-compose.yml'])(
    '24 %s beside a Dockerfile is a file like all others',
    async (name) => {
      const repository = await makeApp(world, echo, { [name]: compose })
      const app = await world.deploy({ githubUrl: repository.url, subdomain: 'composed' })
      expect(app.status).toBe('running')
      const { HostConfig, Mounts } = await world.docker.getContainer(`${world.slipway.instance}-composed-1`).inspect()
      expect(HostConfig).toMatchObject({
        Privileged: false,
        PidMode: '',
        IpcMode: 'private',
        UsernsMode: '',
        CapDrop: ['ALL'],
      })
      expect(HostConfig.NetworkMode).toBe(`${world.slipway.instance}-composed-1`)
      expect([HostConfig.Binds ?? [], HostConfig.Devices ?? [], Mounts]).toEqual([[], [], []])
      expect(HostConfig.CapAdd).toHaveLength(7)
      expect(HostConfig.SecurityOpt).toEqual(['no-new-privileges'])
      expect((await world.inventory()).containers?.filter((it) => it.includes('composed'))).toHaveLength(1)
      await world.remove(app.id)
    },
  )

  test('24 alone it is refused with the reason, before anything is made', async () => {
    const before = await world.inventory()
    const repository = await makeApp(world, '', { Dockerfile: null, 'server.js': null, 'compose.yaml': compose })
    const app = await world.deploy({ githubUrl: repository.url, subdomain: 'composed' })
    expect(app).toMatchObject({ status: 'failed', error: { code: 'no_template' } })
    expect(app.error.message).toMatch(/compose\.yaml is not read.*Add a Dockerfile/)
    await world.remove(app.id)
    expect(await world.inventory()).toEqual(before)
  })

  test('24 named as the Dockerfile it is no instruction that a build knows', async () => {
    const repository = await makeApp(world, echo, { Dockerfile: null, 'compose.yaml': compose })
    const input = { githubUrl: repository.url, subdomain: 'composed', overrides: { dockerfile: 'compose.yaml' } }
    const app = await world.deploy(input)
    expect(app).toMatchObject({ status: 'failed', error: { step: 'build-image' } })
    await world.remove(app.id)
  })
})

test('with the last app the rules go', async () => {
  expect(rules()).toHaveLength(6)
  await world.remove(hostile.id)
  expect(rules()).toHaveLength(6)
  await world.remove(victim.id)
  expect(rules()).toEqual([])
})
