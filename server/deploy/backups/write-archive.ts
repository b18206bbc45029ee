import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { readInChunks } from '../../chunks.ts'
import type { TarFile } from '../../tar.ts'
import { FILES, type FileSum, type Manifest, partName, type Sums, type TreeSum, type VolumeSum } from './manifest.ts'
import { watchTar } from './tar-sum.ts'

/** A volume whose turn it is. Without `tar` it is gone. */
export type VolumeFiles = { name: string; tar: AsyncIterable<Uint8Array> | undefined }

export type Contents = {
  manifest: Manifest
  /** A copy that nobody writes to. */
  databaseFile: string
  /** The master keys, as data/secret.key holds them. */
  keys: string
  /** Those of the manifest, in its order, each when it is asked for. */
  volumes: AsyncIterable<VolumeFiles>
}

/** So much of a volume is in memory at a time: a tar says the size of a file before the file. */
const PART = 4 * 2 ** 20

/** The files of a backup's archive. `done` is told the sums when all of it was handed out. */
export async function* filesOf(contents: Contents, done: (sums: Sums) => void): AsyncGenerator<TarFile> {
  yield textFile(FILES.manifest, `${JSON.stringify(contents.manifest, null, 1)}\n`)
  const database = createSum()
  const { size } = await stat(contents.databaseFile)
  yield { name: FILES.database, size, body: summed(createReadStream(contents.databaseFile), database) }
  yield textFile(FILES.key, contents.keys)
  const volumes: VolumeSum[] = []
  for await (const volume of contents.volumes) {
    if (volume.tar === undefined) volumes.push({ name: volume.name, missing: true })
    else volumes.push(yield* partsOf(volume.name, volume.tar, volumes.length))
  }
  const sums = { database: database.end(), volumes }
  yield textFile(FILES.end, `${JSON.stringify(sums, null, 1)}\n`)
  done(sums)
}

async function* partsOf(
  name: string,
  tar: AsyncIterable<Uint8Array>,
  place: number,
): AsyncGenerator<TarFile, VolumeSum> {
  const sum = createSum()
  let files: TreeSum | undefined
  let part = 0
  const watched = watchTar(tar, (it) => (files = it))
  for await (const { chunk } of readInChunks(watched, PART)) {
    sum.add(chunk)
    yield { name: partName(place, part), size: chunk.length, body: [chunk] }
    part += 1
  }
  if (files === undefined) throw new Error(`${name} was not read to its end`)
  return { name, ...sum.end(), files }
}

function textFile(name: string, text: string): TarFile {
  const body = Buffer.from(text)
  return { name, size: body.length, body: [body] }
}

/** Counts and hashes what goes through. */
export function createSum(): { add(part: Uint8Array): void; end(): FileSum } {
  const hash = createHash('sha256')
  let bytes = 0
  return {
    add(part) {
      bytes += part.length
      hash.update(part)
    },
    end: () => ({ bytes, sha256: hash.digest('hex') }),
  }
}

export async function* summed(
  source: AsyncIterable<Uint8Array>,
  sum: Pick<ReturnType<typeof createSum>, 'add'>,
): AsyncGenerator<Uint8Array> {
  for await (const part of source) {
    sum.add(part)
    yield part
  }
}
