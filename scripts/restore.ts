import { createWriteStream } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { createDocker } from '../server/adapters/docker.ts'
import { createS3 } from '../server/adapters/s3.ts'
import { loadConfig, readEnvironment } from '../server/config.ts'
import { restoreBackup } from '../server/deploy/backups/restore.ts'
import { lockDataDir } from '../server/lock.ts'
import { root } from '../server/root.ts'

/**
 * What scripts/restore does once the machine has what Slipway needs: brings a backup to an empty data folder.
 * node scripts/restore.ts [--passphrase-file FILE] FILE|s3://BUCKET/KEY
 */
const say = (text: string) => process.stdout.write(`    ${text}\n`)

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'passphrase-file': { type: 'string' } },
  })
  const [source] = positionals
  if (source === undefined || positionals.length > 1) throw new Error('give one backup: a file, or s3://BUCKET/KEY')
  const config = loadConfig(readEnvironment(root), root)
  const passphrase = await readPassphrase(values['passphrase-file'])
  const unlock = await lockDataDir(config.dataDir)
  const folder = path.join(config.dataDir, 'restoring-download')
  try {
    const file = source.startsWith('s3://') ? await download(source, folder) : source
    const docker = createDocker(config.dockerHost, config.instance)
    const name = path.basename(source)
    const { manifest, apps } = await restoreBackup({ config, docker, file, name, passphrase, say })
    say(
      `Restored what was backed up at ${manifest.createdAt}: ${apps} ${apps === 1 ? 'app comes' : 'apps come'} back when Slipway starts.`,
    )
    const { domain, publicUrl } = manifest.settings
    if (domain !== config.domain) say(`Note: SLIPWAY_DOMAIN was ${domain} there, and is ${config.domain} here.`)
    if (publicUrl !== config.publicUrl)
      say(`Note: SLIPWAY_PUBLIC_URL was ${publicUrl} there, and is ${config.publicUrl} here.`)
    if (manifest.settings.cloudflare && !config.cloudflare)
      say('Note: apps were published through Cloudflare there. Set CLOUDFLARE_* here, too.')
  } finally {
    await rm(folder, { recursive: true, force: true })
    unlock()
  }
}

async function readPassphrase(file: string | undefined): Promise<string> {
  const given =
    file === undefined ? process.env.SLIPWAY_BACKUP_PASSPHRASE : (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
  if (given !== undefined && given !== '') return given
  if (!process.stdin.isTTY)
    throw new Error('set SLIPWAY_BACKUP_PASSPHRASE, or give --passphrase-file: nobody is here to be asked')
  process.stderr.write('Passphrase of the backup: ')
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  const answer = await reader.question('').finally(() => reader.close())
  process.stderr.write('\n')
  return answer
}

/** With the names that every program for S3 knows: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL. */
async function download(source: string, folder: string): Promise<string> {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(source) ?? []
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region = 'us-east-1',
  } = process.env
  if (key === '') throw new Error('give the address of an object, such as s3://bucket/folder/name.tar.gz.age')
  if (!accessKeyId || !secretAccessKey) throw new Error('set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  const endpoint = (process.env.AWS_ENDPOINT_URL || `https://s3.${region}.amazonaws.com`).replace(/\/+$/, '')
  const s3 = await createS3({ endpoint, region, bucket, accessKeyId, secretAccessKey })
  say(`Fetching ${source}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = path.join(folder, 'backup')
  await pipeline(await s3.download(key, new AbortController().signal), createWriteStream(file, { mode: 0o600 }))
  return file
}

main().catch((error: unknown) => {
  process.stderr.write(`restore: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
})
