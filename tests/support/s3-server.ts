import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A server that speaks S3, on loopback, with one bucket. It checks signatures. */
export type S3Server = {
  url: string
  bucket: string
  accessKeyId: string
  secretAccessKey: string
  /** The names of the objects; parts of uploads that were not finished are not among them. */
  objects(): string[]
  /** Uploads that were begun and neither finished nor given up. */
  uploads(): string[]
  /** Is asked before each request; what it answers is the reply, instead of that of the server. */
  refuse: ((method: string, url: string) => number | undefined) | undefined
  /** Takes requests and answers none. */
  hang: boolean
  requests: string[]
  stop(): Promise<void>
}

type S3rver = {
  configureBuckets(): Promise<void>
  callback(): (request: unknown, response: unknown) => void
}

export async function startS3(): Promise<S3Server> {
  const S3rver = createRequire(import.meta.url)('@20minutes/s3rver') as new (options: object) => S3rver
  const directory = mkdtempSync(path.join(tmpdir(), 'slipway-s3-'))
  const bucket = 'slipway-backups'
  const it = new S3rver({ silent: true, directory, configureBuckets: [{ name: bucket }], serviceEndpoint: 'localhost' })
  await it.configureBuckets()
  const answer = it.callback()
  const requests: string[] = []
  const uploads = path.join(directory, bucket, '._S3rver_uploads')
  const { createServer } = await import('node:http')
  const http: Server = createServer((request, response) => {
    const { method = '', url = '' } = request
    requests.push(`${method} ${url}`)
    if (server.hang) return
    const status = server.refuse?.(method, url)
    // AbortMultipartUpload is all that this server does not know.
    const upload = /[?&]uploadId=([\w-]+)$/.exec(url)?.[1]
    if (status === undefined && method === 'DELETE' && upload !== undefined) {
      const folder = path.join(uploads, upload)
      response.writeHead(existsSync(folder) ? 204 : 404).end()
      return rmSync(folder, { recursive: true, force: true })
    }
    if (status === undefined) return answer(request, response)
    request.resume()
    response.writeHead(status, { 'content-type': 'application/xml' })
    response.end(
      '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>',
    )
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => http.once('listening', resolve))
  const list = (folder: string) =>
    existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]).map(String) : []
  const server: S3Server = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    bucket,
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
    objects: () =>
      list(path.join(directory, bucket)).flatMap((name) =>
        name.endsWith('._S3rver_object') && !name.includes('uploads') ? [name.replace('._S3rver_object', '')] : [],
      ),
    uploads: () => list(uploads),
    refuse: undefined,
    hang: false,
    requests,
    async stop() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
      rmSync(directory, { recursive: true, force: true })
    },
  }
  return server
}
