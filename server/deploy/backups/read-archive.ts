import { pipeline } from 'node:stream/promises'
import { isDeepStrictEqual } from 'node:util'
import { createGunzip } from 'node:zlib'
import { decrypt } from '../../age.ts'
import { AppError } from '../../errors.ts'
import { FILES, type FileSum, type Manifest, readPartName, type Sums, type VolumeSum } from './manifest.ts'
import { createSum, summed } from './write-archive.ts'

/** What is done with a backup's files. What nobody takes is still read and checked. */
export type Taker = {
  /** Looks at what the backup says of itself, before anything else is read. */
  manifest?(manifest: Manifest): Promise<void>
  database?(body: AsyncIterable<Uint8Array>): Promise<void>
  keys?(text: string): Promise<void>
  volume?(volume: Manifest['volumes'][number], tar: AsyncIterable<Uint8Array>): Promise<void>
}

type Entry = AsyncIterable<Uint8Array> & { header: { name: string } }
const MOST_TEXT = 64 * 2 ** 20

/**
 * Reads a backup from its first byte to its last, and compares all of it with the sums at its end.
 * @throws passphrase_wrong; backup_damaged
 */
export async function readArchive(
  source: AsyncIterable<Uint8Array>,
  passphrase: string,
  taker: Taker = {},
): Promise<{ manifest: Manifest; sums: Sums }> {
  const { extract: openTar } = await import('tar-stream')
  const extract = openTar()
  const flow = pipeline(
    source,
    (sealed) => decrypt(sealed, passphrase),
    createGunzip(),
    extract as unknown as NodeJS.WritableStream,
  )
  flow.catch((error: Error) => extract.destroy(error))
  try {
    const read = await readFiles(extract as unknown as AsyncIterable<Entry>, taker)
    await flow
    return read
  } catch (error) {
    extract.destroy()
    // What went wrong further up is the reason of what went wrong here.
    const reason = await flow.then(
      () => error,
      (first: unknown) => (first instanceof AppError ? first : error),
    )
    throw asDamaged(reason)
  }
}

/** What zlib and tar say of bytes that cannot be authentic, or were written wrongly. */
function asDamaged(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string }
  const isOfFormat = (typeof code === 'string' && code.startsWith('Z_')) || /tar|Unexpected end/.test(message ?? '')
  return !(error instanceof AppError) && isOfFormat ? damaged(String(message)) : error
}

async function readFiles(entries: AsyncIterable<Entry>, taker: Taker): Promise<{ manifest: Manifest; sums: Sums }> {
  const files = createFiles(entries)
  const manifest = JSON.parse(await readText(await files.take(FILES.manifest))) as Manifest
  if (manifest.format !== 1)
    throw new AppError('backup_damaged', 'This backup was made by a newer Slipway. Install that version first.')
  await taker.manifest?.(manifest)
  const database = createSum()
  const rows = summed(await files.take(FILES.database), database)
  await (taker.database ? taker.database(rows) : undefined)
  await drain(rows)
  const keys = await readText(await files.take(FILES.key))
  await taker.keys?.(keys)
  const volumes: Omit<Extract<VolumeSum, FileSum>, 'files'>[] = []
  for (let place = await files.nextVolume(); place !== undefined; place = await files.nextVolume()) {
    const volume = manifest.volumes[place]
    if (volume === undefined) throw damaged('it has a volume that it does not name')
    const sum = createSum()
    const tar = summed(files.volume(place), sum)
    await taker.volume?.(volume, tar)
    await drain(tar)
    volumes.push({ name: volume.name, ...sum.end() })
  }
  const sums = JSON.parse(await readText(await files.take(FILES.end))) as Sums
  await files.end()
  compare(sums, { database: database.end(), volumes })
  return { manifest, sums }
}

function compare(said: Sums, found: { database: FileSum; volumes: (FileSum & { name: string })[] }): void {
  const volumes = said.volumes.flatMap((it) =>
    it.missing ? [] : [{ name: it.name, bytes: it.bytes, sha256: it.sha256 }],
  )
  if (!isDeepStrictEqual({ database: said.database, volumes }, found)) throw damaged('its sums are wrong')
}

/** The files in the order they come; the parts of a volume as one. */
function createFiles(entries: AsyncIterable<Entry>) {
  const iterator = entries[Symbol.asyncIterator]()
  let waiting: Entry | undefined

  async function look(): Promise<Entry | undefined> {
    if (waiting) return waiting
    const next = await iterator.next()
    waiting = next.done ? undefined : next.value
    return waiting
  }

  return {
    async take(name: string): Promise<Entry> {
      const entry = await look()
      if (entry?.header.name !== name) throw damaged(`${name} is missing in it`)
      waiting = undefined
      return entry
    },
    async nextVolume(): Promise<number | undefined> {
      const entry = await look()
      const place = entry && readPartName(entry.header.name)
      if (place && place.part !== 0) throw damaged('a volume does not begin with its first part')
      return place?.volume
    },
    async *volume(volume: number): AsyncGenerator<Uint8Array> {
      for (let part = 0; ; part++) {
        const entry = await look()
        const place = entry && readPartName(entry.header.name)
        if (!entry || place?.volume !== volume) return
        if (place.part !== part) throw damaged('a part of a volume is missing in it')
        waiting = undefined
        yield* entry
      }
    },
    async end(): Promise<void> {
      if (await look()) throw damaged('something stands after its end')
    },
  }
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of body) {
    bytes += part.length
    if (bytes > MOST_TEXT) throw damaged('a text in it is too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

async function drain(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body);
}

const damaged = (why: string) =>
  new AppError('backup_damaged', `This is no whole backup: ${why}. Copy it again, or take another one.`)
