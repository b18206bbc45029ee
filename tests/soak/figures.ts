import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'sqlite3'
import { workersOf } from '../../server/adapters/nginx-workers.ts'
import { cacheRecords } from '../support/build-cache.ts'
import type { World } from '../support/world.ts'
import { leastOf, readProcess } from './process.ts'

/** By name; memory in KiB, files and database in bytes, all else counted. */
export type Figures = Record<string, number>
/** All there is to read of a world at a moment at which nothing is on its way. */
export type Meter = { read(): Promise<Figures> }

const ERROR_LOG = path.join('nginx', 'error.log')
const READ_MS = 500
const PATIENCE_MS = 60_000

/**
 * `restMs`: how long the server is left in peace and read again and again, of which the least counts. A round of the
 * reconciler has to fit in: it ends with a collection.
 */
export async function createMeter(world: World, restMs: number): Promise<Meter> {
  const before = new Set((await cacheRecords(world.docker)).map((it) => it.ID))
  return {
    async read() {
      await untilQuiet(world)
      const readings = []
      for (let left = restMs; left >= 0; left -= READ_MS) {
        readings.push(await readProcess(world.slipway.pid()))
        await sleep(READ_MS)
      }
      const { resident, anonymous, descriptors, children } = leastOf(readings)
      return {
        'Slipway: resident KiB': resident,
        'Slipway: anonymous KiB': anonymous,
        'Slipway: open files and sockets': descriptors,
        'Slipway: child processes': children,
        ...(await readNginx(world)),
        ...(await readOutside(world)),
        'engine: build cache records': (await cacheRecords(world.docker)).filter((it) => !before.has(it.ID)).length,
        ...(await readFiles(world.slipway.dataDir)),
        ...readRows(world.slipway.dataDir),
      }
    },
  }
}

/** No job is left, and nginx has let go of its old workers. */
async function untilQuiet({ slipway, github }: World): Promise<void> {
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    await github?.quiet()
    const draining = await workersOf(await nginxMaster(slipway.dataDir), 'draining')
    if (readRows(slipway.dataDir)['rows: jobs'] === 0 && draining?.length === 0) return
    if (Date.now() > until) throw new Error('Slipway and nginx do not come to rest')
    await sleep(100)
  }
}

const nginxMaster = async (dataDir: string) => Number(await readFile(path.join(dataDir, 'nginx', 'nginx.pid'), 'utf8'))

async function readNginx({ slipway }: World): Promise<Figures> {
  const master = await nginxMaster(slipway.dataDir)
  const workers = (await workersOf(master, 'accepting')) ?? []
  const all = await Promise.all([master, ...workers].map(readProcess))
  return {
    'nginx: anonymous KiB, master and workers': all.reduce((sum, it) => sum + it.anonymous, 0),
    'nginx: workers': workers.length,
    'nginx: open files of the master': all[0]?.descriptors ?? 0,
  }
}

/** What carries our mark outside: of the engine, of nginx's folders, of GitHub and of Cloudflare. */
async function readOutside(world: World): Promise<Figures> {
  const { tables: _, cloudflare: __, ...found } = await world.inventory()
  const count = (name: string) => found[name]?.length ?? 0
  return {
    'engine: containers': count('containers'),
    'engine: images': count('images'),
    'engine: networks': count('networks'),
    'engine: volumes': count('volumes'),
    'ports held': count('ports'),
    'nginx: vhosts': count('vhosts') + count('holding'),
    'clones of repositories': count('checkouts'),
    'GitHub: webhooks': count('webhooks'),
    'Cloudflare: records': world.cloudflare?.state.records.length ?? 0,
  }
}

/** Everything in the data folder; the database and its log, and nginx's log, by themselves. */
async function readFiles(dataDir: string): Promise<Figures> {
  const sizeOf = async (file: string) => (await stat(path.join(dataDir, file))).size
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((it) => it.isFile() && !it.name.startsWith('slipway.db'))
    .map((it) => path.relative(dataDir, path.join(it.parentPath, it.name)))
  const sizes = await Promise.all(files.filter((it) => it !== ERROR_LOG).map(sizeOf))
  return {
    'data folder: files': files.length,
    'data folder: bytes of files': sizes.reduce((sum, it) => sum + it, 0),
    'nginx: bytes of its error log': await sizeOf(ERROR_LOG),
    'database: bytes': await sizeOf('slipway.db'),
    'database: bytes of its log': await sizeOf('slipway.db-wal'),
  }
}

/** Of every table there is: one that is new is watched without a line here. */
function readRows(dataDir: string): Figures {
  const sqlite = new Sqlite(path.join(dataDir, 'slipway.db'), { readonly: true })
  try {
    const tables = sqlite.prepare(`select name from sqlite_master where type = 'table' order by name`).all()
    const names = (tables as { name: string }[]).map((it) => it.name).filter((it) => !it.startsWith('sqlite_'))
    const count = (name: string) => (sqlite.prepare(`select count(*) as n from "${name}"`).get() as { n: number }).n
    return Object.fromEntries(names.map((name) => [`rows: ${name}`, count(name)]))
  } finally {
    sqlite.close()
  }
}
