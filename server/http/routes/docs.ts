import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { VERSION } from '../../version.ts'
import type { App } from '../app-type.ts'

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Slipway API</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<div id="docs"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</html>
`
const START = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#docs', deepLinking: true })\n`

/**
 * The API's description and a page to browse it. What describes the routes is loaded when somebody asks, over an app
 * that is thrown away again, and the page's files are streamed from their package: neither stays in memory.
 */
export function docsRoutes(app: App, addRoutes: (described: App) => void): void {
  const folder = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  app.get('/api/openapi.json', { schema: { summary: 'This description' } }, () => describe(addRoutes))
  app.get('/api/docs', { schema: { hide: true } }, async (_request, reply) => reply.type('text/html').send(PAGE))
  app.get('/api/docs/start.js', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('text/javascript').send(START),
  )
  for (const [file, type] of [
    ['swagger-ui.css', 'text/css'],
    ['swagger-ui-bundle.js', 'text/javascript'],
  ] as const) {
    app.get(`/api/docs/${file}`, { schema: { hide: true } }, async (_request, reply) =>
      reply.type(type).send(createReadStream(path.join(folder, file))),
    )
  }
}

async function describe(addRoutes: (described: App) => void): Promise<unknown> {
  const [{ default: swagger }, { default: websocket }, { default: Fastify }] = await Promise.all([
    import('@fastify/swagger'),
    import('@fastify/websocket'),
    import('fastify'),
  ])
  const described: App = Fastify().withTypeProvider<TypeBoxTypeProvider>()
  await described.register(websocket)
  await described.register(swagger, { openapi: { info: { title: 'Slipway', version: VERSION } } })
  addRoutes(described)
  await described.ready()
  const description = described.swagger()
  await described.close()
  return description
}
