import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root } from './slipway.ts'

/** The sources of a Slipway that is newer than this one: another version, and a migration more. */
export type NextVersion = { folder: string; version: string; migration: string; remove(): Promise<void> }

const MIGRATION = `import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql\`alter table deployments add column colour text not null default 'blue'\`.execute(db)
}
`

export async function makeNextVersion(): Promise<NextVersion> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-next-'))
  for (const part of ['server', 'templates', 'nginx', 'package.json'])
    await cp(path.join(root, part), path.join(folder, part), { recursive: true })
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  const version = '99.0.0'
  const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'))
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ ...manifest, version }))
  const migration = '9999-next'
  const migrations = path.join(folder, 'server', 'db', 'migrations')
  await writeFile(path.join(migrations, `${migration}.ts`), MIGRATION)
  const index = path.join(migrations, 'index.ts')
  const text = await readFile(index, 'utf8')
  await writeFile(
    index,
    `import * as next from './${migration}.ts'\n${text.replace(/\n\}\s*$/, `\n  '${migration}': next,\n}\n`)}`,
  )
  return { folder, version, migration, remove: () => rm(folder, { recursive: true, force: true }) }
}
