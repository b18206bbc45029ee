import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import { type CloudflareStandIn, startCloudflare } from './cloudflare.ts'
import { type GitServer, type Repository, startGitServer } from './git-server.ts'
import { type GithubRepositories, startGithubRepositories } from './github-repositories.ts'
import { createSlipway, type Reply, root, type Slipway, type Start } from './slipway.ts'

export type Answer = { status: number; text: string; headers: Record<string, unknown> }

/** A machine with Slipway on it, a Git host, and where it is asked for Cloudflare's stand-in. */
export type World = {
  slipway: Slipway
  git: GitServer
  cloudflare: CloudflareStandIn | undefined
  /** GitHub's API, which tells webhooks of pushes. */
  github: GithubRepositories | undefined
  docker: Docker
  /** A repository with the files of a fixture. */
  repository(fixture: string, name?: string): Promise<Repository>
  /** Creates a deployment and waits until its first release is over. */
  deploy(input: Record<string, unknown>, patienceMs?: number): Promise<any>
  /** Waits until the newest release of a deployment has no step to do any more, and answers the deployment. */
  settled(id: string, patienceMs?: number): Promise<any>
  status(id: string): Promise<any>
  remove(id: string, query?: string): Promise<any>
  /** Asks for an app through nginx, by its host name. */
  ask(hostname: string, path?: string, headers?: Record<string, string>): Promise<Answer>
  /** Everything that a deployment could leave behind, sorted. */
  inventory(): Promise<Record<string, string[]>>
  destroy(): Promise<void>
}

/** `git`, `cloudflare`, `github`: what is there already, and goes with the world; `true`: a new one. */
type Options = {
  env?: Record<string, string>
  cloudflare?: boolean | CloudflareStandIn
  github?: boolean | GithubRepositories
  git?: GitServer
  /** Of another engine than the machine's. */
  engineSocket?: string
} & Start

export async function createWorld(options: Options = {}): Promise<World> {
  const {
    env = {},
    cloudflare: wanted = false,
    github: hooked = false,
    git = await startGitServer(),
    engineSocket = '/var/run/docker.sock',
    ...start
  } = options
  const cloudflare = wanted === true ? await startCloudflare() : wanted || undefined
  const github = hooked === true ? await startGithubRepositories() : hooked || undefined
  const slipway = await createSlipway(
    {
      SLIPWAY_GITHUB_URL: git.url,
      ...(cloudflare && {
        SLIPWAY_DOMAIN: 'example.com',
        CLOUDFLARE_API_TOKEN: cloudflare.token,
        CLOUDFLARE_ACCOUNT_ID: cloudflare.accountId,
        CLOUDFLARE_ZONE_ID: cloudflare.zoneId,
        CLOUDFLARE_BASE_URL: cloudflare.url,
      }),
      ...(github && { SLIPWAY_GITHUB_API_URL: github.apiUrl, SLIPWAY_GITHUB_TOKEN: github.token }),
      ...env,
    },
    start,
  )
  const docker = new Docker({ socketPath: engineSocket })
  await slipway.start()
  let names = 0

  const world: World = {
    slipway,
    git,
    cloudflare,
    github,
    docker,
    async repository(fixture, name) {
      names += 1
      const files = path.join(root, 'tests', 'fixtures', fixture)
      const repository = await git.makeRepository('acme', name ?? `${fixture}-${names}`, files)
      await github?.follow(repository)
      return repository
    },
    async deploy(input, patienceMs) {
      const { status, body } = await slipway.api('POST', '/api/deployments', input)
      if (status !== 202) throw new Error(`POST /api/deployments: ${status} ${JSON.stringify(body)}`)
      return world.settled(body.deployment.id, patienceMs)
    },
    async settled(id, patienceMs = 100_000) {
      const began = Date.now()
      while (Date.now() - began < patienceMs) {
        const { body } = await slipway.api('GET', `/api/deployments/${id}`)
        const resting = ['running', 'stopped', 'failed', 'stuck'].includes(body.deployment?.status)
        if (resting && (await releasesRest(slipway, id)) && (await jobsOver(slipway, id))) return body.deployment
        await sleep(pause(Date.now() - began))
      }
      throw new Error(
        `deployment ${id} does not settle:\n${JSON.stringify(await world.status(id), null, 1)}\n${slipway.output().slice(-3000)}`,
      )
    },
    status: async (id) => (await slipway.api('GET', `/api/status/${id}`)).body,
    async remove(id, query = '') {
      const reply: Reply = await slipway.api('DELETE', `/api/deployments/${id}${query}`)
      if (reply.status !== 202) throw new Error(`DELETE: ${reply.status} ${JSON.stringify(reply.body)}`)
      return gone(slipway, id)
    },
    ask: (hostname, address = '/', headers = {}) => askNginx(slipway.httpPort, hostname, address, headers),
    inventory: () => takeInventory(slipway, docker, cloudflare, github),
    async destroy() {
      await slipway.destroy()
      await removeOwned(docker, slipway.instance)
      await git.stop()
      await cloudflare?.stop()
      await github?.stop()
    },
  }
  return world
}

/** Soon for what is soon over; a long build is not to share its core with the question whether it is over. */
const pause = (waitedMs: number) => Math.min(200, 25 + waitedMs / 20)

async function releasesRest(slipway: Slipway, id: string): Promise<boolean> {
  const { body } = await slipway.api('GET', `/api/deployments/${id}/releases`)
  return !body.releases?.some((it: any) => ['queued', 'running', 'undoing', 'retiring'].includes(it.status))
}

/** A release's transient effects go just after it has settled: waits for the ledger to agree. */
async function jobsOver(slipway: Slipway, id: string): Promise<boolean> {
  const { body } = await slipway.api('GET', `/api/deployments/${id}/ledger`)
  return !body.entries?.some(
    (it: any) =>
      it.state === 'pending' || it.state === 'removing' || (it.step === 'check-out' && it.state !== 'removed'),
  )
}

async function gone(slipway: Slipway, id: string): Promise<any> {
  for (let attempt = 0; attempt < 2400; attempt++) {
    const { status, body } = await slipway.api('GET', `/api/receipts/${id}`)
    if (status === 200) return body.receipt
    await sleep(25)
  }
  const { body } = await slipway.api('GET', `/api/deployments/${id}`)
  throw new Error(`deployment ${id} does not go: ${JSON.stringify(body)}\n${slipway.output().slice(-3000)}`)
}

export function askNginx(
  port: number,
  hostname: string,
  address: string,
  headers: Record<string, string>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port,
        path: address,
        headers: { host: hostname, ...headers },
        agent: false,
        timeout: 10_000,
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }))
        response.on('error', reject)
      },
    )
    asking.on('timeout', () => asking.destroy(new Error('no answer within 10 s')))
    asking.on('error', reject)
    asking.end()
  })
}

async function takeInventory(
  slipway: Slipway,
  docker: Docker,
  cloudflare: CloudflareStandIn | undefined,
  github: GithubRepositories | undefined,
) {
  const filters = { label: [`slipway.instance=${slipway.instance}`] }
  const [containers, images, networks, volumes, ports] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listImages({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
    slipway.api('GET', '/api/ports'),
  ])
  const list = async (folder: string) => (await readdir(path.join(slipway.dataDir, folder)).catch(() => [])).sort()
  const holding = await list('nginx/holding')
  return {
    containers: containers.flatMap((it) => it.Names).sort(),
    images: images.flatMap((it) => it.RepoTags ?? [it.Id]).sort(),
    networks: networks.map((it) => it.Name).sort(),
    volumes: (volumes.Volumes ?? []).map((it) => it.Name).sort(),
    ports: ports.body.ports.filter((it: any) => it.isAllocated).map((it: any) => String(it.port)),
    vhosts: await list('vhosts'),
    checkouts: await list('checkouts'),
    holding,
    tables: await rowCounts(slipway),
    cloudflare: cloudflare ? cloudflareInventory(cloudflare) : [],
    webhooks: github?.state.hooks.map((it) => it.config.url).sort() ?? [],
  }
}

/** Tunnels, ingress rules and records, each as JSON. A configuration's version counts writes; what it says matters. */
function cloudflareInventory(standIn: CloudflareStandIn): string[] {
  const { tunnels, configurations, records } = standIn.state.snapshot() as any
  const rules = Object.values(configurations ?? {}).flatMap((it: any) => it.config?.ingress ?? [])
  return [tunnels, rules, records].flatMap((it) => Object.values(it ?? {}).map((entry) => JSON.stringify(entry)))
}

/** Rows of the tables that a deployment fills and a delete must empty. */
async function rowCounts({ dataDir }: Slipway): Promise<string[]> {
  const { default: Sqlite } = await import('sqlite3')
  const sqlite = new Sqlite(path.join(dataDir, 'slipway.db'), { readonly: true })
  try {
    const tables = [
      'deployments',
      'releases',
      'release_steps',
      'ledger',
      'jobs',
      'build_logs',
      'schedules',
      'schedule_runs',
    ]
    return tables.map(
      (table) => `${table} ${(sqlite.prepare(`select count(*) as n from ${table}`).get() as { n: number }).n}`,
    )
  } finally {
    sqlite.close()
  }
}

/** What a failed test left on the engine. */
export async function removeOwned(docker: Docker, instance: string): Promise<void> {
  const filters = { label: [`slipway.instance=${instance}`] }
  for (const it of await docker.listContainers({ all: true, filters }))
    await docker.getContainer(it.Id).remove({ force: true, v: true })
  for (const it of await docker.listImages({ filters }))
    for (const tag of it.RepoTags ?? [it.Id]) await docker.getImage(tag).remove({ force: true })
  for (const it of await docker.listNetworks({ filters })) await docker.getNetwork(it.Id).remove()
  for (const it of (await docker.listVolumes({ filters })).Volumes ?? []) await docker.getVolume(it.Name).remove()
}
