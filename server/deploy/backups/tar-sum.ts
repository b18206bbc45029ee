import { createHash } from 'node:crypto'
import { type EventEmitter, once } from 'node:events'
import { AppError } from '../../errors.ts'
import type { TreeSum } from './manifest.ts'

/** The two empty blocks that a tar ends with. */
const END = 1024
const NOTHING: Buffer = Buffer.alloc(0)
const MODULUS = 2n ** 256n

/**
 * Hands a tar on as it comes and looks into it on the way. `sum` is there when it has ended: the sum of the hashes of
 * name, kind, mode, owner and content of each file, which no order changes; times are left out, for what is put back has
 * times of its own.
 * @throws backup_damaged when it is no whole tar: an engine that fails half-way ends its answer as if all was well
 */
export async function* watchTar(
  source: AsyncIterable<Uint8Array>,
  found: (sum: TreeSum) => void,
): AsyncGenerator<Uint8Array> {
  const { extract: open } = await import('tar-stream')
  const extract = open()
  const sum = sumUp(extract)
  const over = new AbortController()
  const end = () => over.abort()
  sum.then(end, end)
  let tail: Buffer = NOTHING
  try {
    for await (const part of source) {
      tail = Buffer.concat([tail, part.subarray(-END)]).subarray(-END)
      if (!extract.write(part)) await untilDrained(extract, over.signal)
      yield part
    }
    extract.end(NOTHING)
    const whole = await sum.catch(() => undefined)
    if (whole === undefined || tail.length < END || tail.some((byte) => byte !== 0))
      throw new AppError('backup_damaged', 'The files of a volume came only in part. Try again.')
    found(whole)
  } finally {
    extract.destroy()
  }
}

/** Or until it is over; why, the sum says. A race with the sum would keep each part's waiting until the end of all. */
async function untilDrained(extract: EventEmitter, over: AbortSignal): Promise<void> {
  await once(extract, 'drain', { signal: over }).catch((error: unknown) => {
    if (!over.aborted) throw error
  })
}

/** Reads a tar to its end. @throws backup_damaged */
export async function sumOfTar(source: AsyncIterable<Uint8Array>): Promise<TreeSum> {
  let sum: TreeSum = { entries: 0, bytes: 0, sum: '' }
  for await (const _ of watchTar(source, (it) => (sum = it)));
  return sum
}

type Extract = AsyncIterable<AsyncIterable<Uint8Array> & { header: Header }>
type Header = {
  name: string
  type?: string | null
  mode?: number
  uid?: number
  gid?: number
  linkname?: string | null
}

async function sumUp(extract: unknown): Promise<TreeSum> {
  let [entries, bytes, total] = [0, 0, 0n]
  for await (const entry of extract as Extract) {
    const content = createHash('sha256')
    for await (const part of entry) {
      bytes += part.length
      content.update(part)
    }
    const { name, type, mode, uid, gid, linkname } = entry.header
    const all = [name.replace(/\/+$/, ''), type, (mode ?? 0) & 0o7777, uid, gid, linkname ?? '', content.digest('hex')]
    total += BigInt(`0x${createHash('sha256').update(JSON.stringify(all)).digest('hex')}`)
    entries += 1
  }
  return { entries, bytes, sum: (total % MODULUS).toString(16) }
}
