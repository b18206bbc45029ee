import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import { encrypt } from '../../server/age.ts'
import type { Manifest } from '../../server/deploy/backups/manifest.ts'
import { type TarFile, tarOf } from '../../server/tar.ts'

export const PASSPHRASE = 'a passphrase of many words'

export const manifestOf = (volumes: Manifest['volumes'] = []): Manifest => ({
  format: 1,
  id: 'b',
  version: '0.1.0',
  instance: 'slipway',
  createdAt: '2026-01-01T00:00:00.000Z',
  schema: '0007-backups',
  rows: {},
  settings: { domain: 'localhost', publicUrl: '', githubUrl: '', nginx: 'managed', cloudflare: false },
  volumes,
})

/** The archive of these files, zipped and encrypted as a backup is, whatever is in it. */
export async function seal(files: AsyncIterable<TarFile>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  await pipeline(
    tarOf(files),
    createGzip({ level: 1 }),
    (zipped: AsyncIterable<Uint8Array>) => encrypt(zipped, PASSPHRASE, 10),
    async (sealed: AsyncIterable<Uint8Array>) => {
      for await (const part of sealed) parts.push(part)
    },
  )
  return Buffer.concat(parts)
}

/** A tar as the engine hands over a volume: its own folder first. */
export async function volumeTar(files: Record<string, string | Buffer>): Promise<Buffer> {
  const tar = pack()
  tar.entry({ name: 'volume/', type: 'directory', mode: 0o700, uid: 1000, gid: 1000 })
  for (const [name, content] of Object.entries(files)) tar.entry({ name: `volume/${name}`, mode: 0o640 }, content)
  tar.finalize()
  const parts: Uint8Array[] = []
  for await (const part of tar) parts.push(part as Uint8Array)
  return Buffer.concat(parts)
}

export async function* inPieces(bytes: Uint8Array, size = 10_007): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
