import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startCloudflare } from './cloudflare.ts'
import { type FaultControl, startFaultControl } from './fault-control.ts'
import { startKeyHost } from './fault-keys.ts'
import { type FaultKind, openFaultProxy, type Wording } from './fault-proxy.ts'
import { type GitServer, type Repository, startGitServer } from './git-server.ts'
import { startGithubRepositories } from './github-repositories.ts'
import { root } from './slipway.ts'
import { createWorld, type World } from './world.ts'

export type FaultWorld = World & {
  control: FaultControl
  /** The address of the one repository under which an app of this name clones it. */
  addressFor(app: string): Promise<string>
  /** From now on an app of this name may be read with a deploy key. */
  openToKeys(app: string): Promise<void>
  /** Those that its repository has. */
  keysOf(app: string): string[]
}

const json = (body: unknown) => ({ type: 'application/json', body: JSON.stringify(body) })
const docker: Wording = (_, message) => json({ message })
const github: Wording = (_, message) => json({ message })
const git: Wording = (_, text) => ({ type: 'text/plain', body: text })
const cloudflare: Wording = (status, message) =>
  json({ success: false, errors: [{ code: status === 404 ? 81_044 : 1001, message }], messages: [], result: null })

/** What applies to an adapter, by whether the call reads or writes. */
export const faultsOf: Record<string, { read: FaultKind[]; write: FaultKind[] }> = {
  docker: {
    read: ['fails', 'refuses', 'hangs', 'breaks off', 'stale', 'dies'],
    write: ['fails', 'refuses', 'hangs', 'lies', 'twice', 'breaks off', 'full', 'dies'],
  },
  git: { read: ['fails', 'refuses', 'hangs', 'limited', 'unavailable', 'breaks off', 'stale', 'dies'], write: [] },
  cloudflare: {
    read: ['fails', 'refuses', 'hangs', 'limited', 'breaks off', 'stale', 'dies'],
    write: ['fails', 'refuses', 'hangs', 'limited', 'lies', 'twice', 'breaks off', 'dies'],
  },
  github: {
    read: ['fails', 'refuses', 'hangs', 'limited', 'breaks off', 'stale', 'dies'],
    write: ['fails', 'refuses', 'hangs', 'limited', 'lies', 'twice', 'breaks off', 'dies'],
  },
  nginx: { read: [], write: ['fails', 'hangs', 'lies', 'twice', 'dies'] },
  file: { read: ['fails', 'stale'], write: ['full', 'fails', 'lies', 'breaks off', 'twice', 'dies'] },
  clock: { read: ['jumps ahead', 'jumps back'], write: [] },
}

/** A world in which every call of the server to its neighbours can be made to go wrong. */
export async function createFaultWorld(
  app: Record<string, string>,
  env: Record<string, string>,
  engineSocket = '/var/run/docker.sock',
): Promise<FaultWorld> {
  const [control, standIn, api, host] = await Promise.all([
    startFaultControl(),
    startCloudflare(),
    startGithubRepositories(),
    startGitServer(),
  ])
  const keys = await startKeyHost(host)
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-faults-'))
  let world: World | undefined
  const die = async () => void process.kill(world?.slipway.pid() ?? 0, 'SIGKILL')
  const before = (adapter: 'docker' | 'git' | 'cloudflare' | 'github', wording: Wording, url: string) =>
    openFaultProxy(adapter === 'docker' ? { path: path.join(folder, 'docker.sock') } : { port: 0 }, {
      to: adapter === 'docker' ? { socketPath: engineSocket } : targetOf(url),
      wording,
      take: control.takeFor(adapter),
      die,
      // All apps clone the same repository, each under a name of its own.
      ...(adapter === 'git' && { rewrite: (asked: string) => asked.replace(/^\/[^/]+\/app(\.git)?/, '/acme/app.git') }),
      ...(adapter === 'github' && { divert: keys.divert }),
    })
  const proxies = await Promise.all([
    before('docker', docker, ''),
    before('git', git, host.url),
    before('cloudflare', cloudflare, standIn.url),
    before('github', github, api.apiUrl),
  ])
  const [, gitProxy, cloudflareProxy, githubProxy] = proxies
  const repository = await host.makeRepository('acme', 'app')
  await repository.commit(app, 'First commit')

  const made = await createWorld({
    cloudflare: standIn,
    github: api,
    git: host,
    engineSocket,
    nodeArgs: ['--import', path.join(root, 'tests', 'support', 'fault-marks.ts')],
    env: {
      DOCKER_HOST: `unix://${folder}/docker.sock`,
      SLIPWAY_GITHUB_URL: gitProxy?.url ?? '',
      CLOUDFLARE_BASE_URL: `${cloudflareProxy?.url}/client/v4`,
      SLIPWAY_GITHUB_API_URL: `${githubProxy?.url}/api/v3`,
      SLIPWAY_GITHUB_SSH: keys.address,
      FAULTS_URL: control.url,
      ...env,
    },
  })
  world = made
  return {
    ...made,
    control,
    addressFor: (name) => addressFor(name, repository, gitProxy?.url ?? '', made),
    openToKeys: keys.open,
    keysOf: keys.keysOf,
    async destroy() {
      await made.destroy()
      await keys.stop()
      for (const proxy of proxies) await proxy.close()
      await control.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function addressFor(name: string, repository: Repository, url: string, { github }: World): Promise<string> {
  const address = `${url}/${name}/app`
  await github?.follow({ ...repository, url: address })
  return address
}

function targetOf(url: string) {
  const { hostname, port } = new URL(url)
  return { hostname, port }
}

export type { GitServer }
