import { createReadStream } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
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

/** The API's description and a page to browse it. The page's files are streamed from their package, not kept in memory. */
export function docsRoutes(app: App): void {
  const folder = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  app.get('/api/openapi.json', { schema: { summary: 'This description' } }, async () => app.swagger())
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
