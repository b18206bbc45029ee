import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'

export type S3Config = {
  /** Such as https://s3.eu-central-1.amazonaws.com; the bucket is part of the path. */
  endpoint: string
  region: string
  bucket: string
  accessKeyId: string
  secretAccessKey: string
}

export type S3 = {
  /** Uploads a file; `begun` is told what an unfinished upload is known by, before its first part. */
  upload(key: string, file: string, options: UploadOptions): Promise<void>
  /** @throws backup_target_failed when there is no such object */
  download(key: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** How large an object is; undefined when it is not there. */
  sizeOf(key: string): Promise<number | undefined>
  /** Tried once: somebody waits for it. */
  put(key: string, text: string): Promise<void>
  /** Fine when it is not there. */
  remove(key: string): Promise<void>
  /** Forgets an upload that was not finished. Fine when there is none. */
  abandon(key: string, uploadId: string): Promise<void>
}
type UploadOptions = { signal: AbortSignal; begun(uploadId: string): Promise<void>; sent(bytes: number): void }

/** So much is sent at a time, and so much of a file is in memory. S3 wants 5 MiB at least, and 10,000 parts at most. */
const PART = 8 * 2 ** 20
const MOST_PARTS = 9000
const TRIES = 4
const FIRST_PAUSE_MS = 500
/** A request that brings no answer for so long is tried again. */
const PATIENCE_MS = 120_000

/** Storage that speaks S3. The client is loaded at first use. */
export async function createS3(config: S3Config, patienceMs = PATIENCE_MS): Promise<S3> {
  const { S3mini } = await import('s3mini')
  const { endpoint, bucket, region, accessKeyId, secretAccessKey } = config
  const own = new AbortController()
  const client = (fetcher: typeof fetch) =>
    new S3mini({
      endpoint: `${endpoint}/${bucket}`,
      region,
      accessKeyId,
      secretAccessKey,
      requestAbortTimeout: 0,
      fetch: fetcher,
    })
  /** Nothing is followed: a redirect would take the signature along. */
  const bounded = (signal: AbortSignal) =>
    client((url, init) =>
      fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]) }),
    )
  const again = <T>(what: string, signal: AbortSignal, work: (it: InstanceType<typeof S3mini>) => Promise<T>) =>
    tryAgain(config, what, signal, () => work(bounded(signal)))

  return {
    async upload(key, file, { signal, begun, sent }) {
      const handle = await open(file, 'r')
      try {
        const { size } = await handle.stat()
        if (size <= PART) {
          const body = await handle.readFile()
          await again('be written', signal, (it) => it.putObject(key, body, BINARY))
          return sent(size)
        }
        const uploadId = await again('be written', signal, (it) => it.getMultipartUploadId(key, BINARY))
        await begun(uploadId)
        const partSize = Math.max(PART, Math.ceil(size / MOST_PARTS))
        const parts: { partNumber: number; etag: string }[] = []
        for (let at = 0; at < size; at += partSize) {
          const body = Buffer.alloc(Math.min(partSize, size - at))
          await handle.read(body, 0, body.length, at)
          const number = parts.length + 1
          parts.push(await again('be written', signal, (it) => it.uploadPart(key, uploadId, body, number)))
          sent(at + body.length)
        }
        await again('be written', signal, (it) => it.completeMultipartUpload(key, uploadId, parts))
      } finally {
        await handle.close()
      }
    },

    async download(key, signal) {
      // The whole object may take hours: only the first answer is waited for with a limit, then each part of it.
      const idle = new AbortController()
      const all = AbortSignal.any([signal, idle.signal])
      let timer = setTimeout(() => idle.abort(late()), patienceMs)
      const reader = client((url, init) => fetch(url, { ...init, redirect: 'manual', signal: all }))
      const reply = await tryAgain(config, 'be read', signal, () => reader.getObjectResponse(key)).catch((error) => {
        clearTimeout(timer)
        throw error
      })
      const body = reply?.body
      if (!body) {
        clearTimeout(timer)
        throw new AppError('backup_target_failed', `There is no ${key} in the bucket ${bucket}.`)
      }
      return (async function* () {
        try {
          for await (const part of body) {
            clearTimeout(timer)
            yield part
            // Who takes it may take their time: somebody downloads it.
            timer = setTimeout(() => idle.abort(late()), patienceMs)
          }
        } finally {
          clearTimeout(timer)
        }
      })()
    },

    sizeOf: (key) =>
      again('be read', own.signal, async (it) =>
        (await it.objectExists(key)) ? await it.getContentLength(key) : undefined,
      ),

    put: (key, text) =>
      bounded(own.signal)
        .putObject(key, text)
        .then(
          () => undefined,
          (error: unknown) => {
            throw explain(error, config, 'be written')
          },
        ),
    remove: async (key) => void (await again('be deleted', own.signal, (it) => it.deleteObject(key))),
    abandon: async (key, uploadId) => {
      await again('be deleted', own.signal, (it) => it.abortMultipartUpload(key, uploadId)).catch((error) => {
        if (statusOf(error.cause) !== 404) throw error
      })
    },
  }
}

const BINARY = 'application/octet-stream'
const late = () => new AppError('backup_target_failed', 'The storage stopped answering. Try again.')

/** What may be over in a moment is tried again; what was refused is not. @throws backup_target_failed */
async function tryAgain<T>(config: S3Config, what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      const status = statusOf(error)
      const mayPass = status === undefined || status >= 500 || status === 429
      if (!mayPass || attempt >= TRIES || error instanceof AppError) throw explain(error, config, what)
      await sleep(FIRST_PAUSE_MS * 4 ** (attempt - 1), undefined, { signal })
    }
  }
}

function statusOf(error: unknown): number | undefined {
  const { status } = (error ?? {}) as { status?: unknown }
  return typeof status === 'number' && status > 0 ? status : undefined
}

/** In our words: those of the client hold neither key nor signature, but an answer may be a page of XML. */
function explain(error: unknown, { endpoint, bucket }: S3Config, what: string): AppError {
  if (error instanceof AppError) return error
  const { serviceCode, message, cause } = error as { serviceCode?: string; message?: string; cause?: { code?: string } }
  const status = statusOf(error)
  const why = serviceCode ?? (cause?.code !== undefined ? cause.code : (message ?? String(error)).slice(0, 200))
  const hint =
    HINTS[serviceCode ?? ''] ?? (status === undefined ? 'Check the address, and that it can be reached.' : '')
  return new AppError(
    'backup_target_failed',
    `The bucket ${bucket} at ${endpoint} could not ${what}: ${why}. ${hint}`.trim(),
    {
      cause: error,
    },
  )
}

const HINTS: Record<string, string> = {
  NoSuchBucket: 'Make the bucket first, or check its name.',
  InvalidAccessKeyId: 'Check the access key.',
  SignatureDoesNotMatch: 'Check the secret key.',
  AccessDenied: 'The key may not do that: let it read, write and delete objects in this bucket.',
}
