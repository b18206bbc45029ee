import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'

const run = promisify(execFile)

const queries = {
  container: ['ps', '--all', '--quiet'],
  image: ['images', '--quiet', '--no-trunc'],
  network: ['network', 'ls', '--quiet'],
  volume: ['volume', 'ls', '--quiet'],
}

async function listMarked(instance: string) {
  const found: { kind: keyof typeof queries; id: string }[] = []
  for (const kind of ['container', 'image', 'network', 'volume'] as const) {
    const { stdout } = await run('docker', [...queries[kind], '--filter', `label=slipway.instance=${instance}`])
    for (const id of new Set(stdout.split('\n').filter(Boolean))) found.push({ kind, id })
  }
  return found
}

/** What an instance still has on the engine, by label and, should a label be missing, by name. */
export async function findOnEngine(instance: string): Promise<string[]> {
  const marked = (await listMarked(instance)).map(({ kind, id }) => `${kind} ${id}`)
  const named = [
    ['ps', '--all', '--format', 'container {{.Names}}', '--filter', `name=^${instance}-`],
    ['images', '--format', 'image {{.Repository}}:{{.Tag}}', '--filter', `reference=${instance}/*`],
    ['network', 'ls', '--format', 'network {{.Name}}', '--filter', `name=^${instance}-`],
    ['volume', 'ls', '--format', 'volume {{.Name}}', '--filter', `name=^${instance}-`],
  ]
  const lines = await Promise.all(named.map(async (args) => (await run('docker', args)).stdout))
  return [...marked, ...lines.join('').split('\n').filter(Boolean)]
}

/** What a data folder still says or holds about apps. Read from the outside, while the server may be running. */
export function findInFolder(dataDir: string): string[] {
  const files = ['vhosts', 'checkouts', 'nginx/holding'].flatMap((folder) => {
    const full = path.join(dataDir, folder)
    return existsSync(full) ? readdirSync(full).map((name) => `file ${folder}/${name}`) : []
  })
  const db = new DatabaseSync(path.join(dataDir, 'slipway.db'), { readOnly: true })
  try {
    const rows = db
      .prepare(
        `select 'port ' || port as what from port_registry where deployment_id is not null
         union all select 'ledger entry ' || kind || ' ' || name || ', ' || state from ledger
         union all select 'deployment ' || subdomain from deployments
         union all select 'job ' || kind from jobs`,
      )
      .all()
    return [...files, ...rows.map((row) => String(row.what))]
  } finally {
    db.close()
  }
}

/** Rules that carry the instance's mark. None where the firewall cannot be read: then none were made. */
export async function findInFirewall(instance: string): Promise<string[]> {
  const programs = ['iptables-save', 'ip6tables-save']
  const rules = await Promise.all(programs.map((it) => run(it).catch(() => ({ stdout: '' }))))
  const marked = new RegExp(`--comment "?slipway:${instance}(:|"| )`)
  return rules.flatMap(({ stdout }) => stdout.split('\n').filter((it) => marked.test(it))).map((it) => `rule ${it}`)
}

/** By force, and only what carries the instance's label: for when Slipway itself could not. */
export async function removeFromEngine(instance: string): Promise<void> {
  if ((await findInFirewall(instance)).length > 0)
    await run(path.join(import.meta.dirname, 'metadata-wall'), ['down', instance])
  for (const { kind, id } of await listMarked(instance)) {
    const force = kind === 'network' ? [] : ['--force']
    await run('docker', [kind, 'rm', ...force, id])
  }
}
