import type { Repository } from './git-server.ts'
import { makeApp } from './small-app.ts'
import type { World } from './world.ts'

/**
 * Keeps what is put to it in a volume at /data: PUT /name writes, GET /name reads. It also counts all the time, into two
 * files of which a reader of the folder reads one first and the other last: `a-count` is written before `z-count`.
 */
const server = `const fs = require('node:fs')
let count = 0
const counts = ['a', 'z'].map((name) => fs.openSync('/data/' + name + '-count', 'w'))
setInterval(() => {
  count += 1
  for (const file of counts) fs.writeSync(file, String(count).padStart(10, '0'), 0)
}, 2)
require('node:http')
  .createServer((request, response) => {
    const file = '/data/note-' + request.url.slice(1).replace(/[^a-z]/g, '')
    if (request.method === 'PUT') return request.pipe(fs.createWriteStream(file)).on('close', () => response.end('kept'))
    if (request.url === '/') return response.end('here')
    if (request.url === '/secret') return response.end(process.env.SECRET ?? 'none')
    response.end(fs.existsSync(file) ? fs.readFileSync(file) : 'nothing')
  })
  .listen(8000)
process.on('SIGTERM', () => process.exit())
`

/** As a user that is not root, who owns the folder. */
const dockerfile = `FROM node:24-slim
WORKDIR /app
RUN mkdir /data && chown 1000:1000 /data
COPY server.js .
USER 1000
EXPOSE 8000
CMD ["node", "server.js"]
`

export const makeKeepingApp = (world: World): Promise<Repository> => makeApp(world, server, { Dockerfile: dockerfile })

/** Gives an app something to keep. */
export async function put(world: World, hostname: string, name: string, text: string): Promise<void> {
  const { request } = await import('node:http')
  await new Promise<void>((resolve, reject) => {
    const asking = request(
      { host: '127.0.0.1', port: world.slipway.httpPort, path: `/${name}`, method: 'PUT', headers: { host: hostname } },
      (response) => response.resume().on('end', () => resolve()),
    )
    asking.on('error', reject)
    asking.end(text)
  })
}
