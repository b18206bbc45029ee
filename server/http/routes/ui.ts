import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendNotFound } from '../errors.ts'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Slipway</title>
<p>The pages of Slipway are not built. Run <code>npm run build</code> in its folder, then load this page again.
The API works: see <code>docs/api.md</code>.</p>
</html>
`

/** Plain names, so no path leads out: nothing encoded, nothing empty, nothing that begins with a dot. */
const PLAIN_PATH = /^\/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/?)?$/
const NOT_PAGES = /^\/(?:api|health|metrics)(?:\/|$)/

/**
 * Serves the built UI in `folder` wherever no route answers: its files, and index.html for every other page that a
 * browser asks for, because the UI knows its pages itself. Needs no login: there is nothing in it but code.
 */
export function uiRoutes(app: FastifyInstance, folder: string): void {
  app.setNotFoundHandler(async (request, reply) => {
    const [address = ''] = request.url.split('?')
    const asks = ['GET', 'HEAD'].includes(request.method) && request.headers.upgrade === undefined
    if (!asks || !PLAIN_PATH.test(address) || NOT_PAGES.test(address)) return sendNotFound(reply)
    const found = await findFile(folder, address.slice(1), acceptedBy(request))
    if (found) return sendFile(request, reply, found, address.startsWith('/assets/'))
    const wantsPage = address === '/' || request.headers.accept?.includes('text/html')
    if (!wantsPage || address.startsWith('/assets/')) return sendNotFound(reply)
    const page = await findFile(folder, 'index.html', acceptedBy(request))
    if (page) return sendFile(request, reply, page, false)
    return reply.status(503).type('text/html; charset=utf-8').send(NOT_BUILT)
  })
}

type Found = { file: string; type: string; size: number; etag: string; encoding: string | undefined }

type Variant = { encoding: string | undefined; suffix: string }

const ENCODED = [
  { encoding: 'br', suffix: '.br' },
  { encoding: 'gzip', suffix: '.gz' },
]

/** The encodings a client takes, the smallest first, then none: the build lays encoded files beside the plain ones. */
function acceptedBy({ headers }: FastifyRequest): Variant[] {
  const accepted = String(headers['accept-encoding'] ?? '')
    .split(',')
    .map((it) => it.replaceAll(' ', ''))
    .filter((it) => !/;q=0(\.0*)?$/.test(it))
    .map((it) => it.split(';')[0])
  return [...ENCODED.filter((it) => accepted.includes(it.encoding)), { encoding: undefined, suffix: '' }]
}

async function findFile(folder: string, name: string, variants: Variant[]): Promise<Found | undefined> {
  const type = TYPES[path.extname(name)]
  if (type === undefined) return undefined
  for (const { encoding, suffix } of variants) {
    const file = path.join(folder, name + suffix)
    const stats = await stat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
      throw error
    })
    if (!stats?.isFile()) continue
    return { file, type, size: stats.size, etag: `"${stats.size}-${Math.round(stats.mtimeMs)}"`, encoding }
  }
  return undefined
}

/** Files with a hash in their name never change. The others are asked for each time, and sent when they have. */
function sendFile(request: FastifyRequest, reply: FastifyReply, found: Found, isHashed: boolean): FastifyReply {
  const { file, type, size, etag, encoding } = found
  reply.headers({
    'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
    etag,
    ...(encoding !== undefined && { 'content-encoding': encoding }),
  })
  if (request.headers['if-none-match'] === etag) return reply.status(304).send()
  reply.status(200).type(type).header('content-length', size)
  return reply.send(request.method === 'HEAD' ? undefined : createReadStream(file))
}
