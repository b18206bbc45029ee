import type { Repository } from './git-server.ts'
import type { World } from './world.ts'

/** Nothing but a copy: builds in a second. */
export const dockerfile = `FROM node:24-slim
WORKDIR /app
COPY server.js .
EXPOSE 8000
CMD ["node", "server.js"]
`

/** Answers what it was asked with: method, address and headers, as JSON. */
export const echo = `require('node:http')
  .createServer(({ method, url, headers }, response) => response.end(JSON.stringify({ method, url, headers })))
  .listen(8000)
process.on('SIGTERM', () => process.exit())
`

let count = 0

/** A repository of one JavaScript file and a Dockerfile around it, or with other files in their places. */
export async function makeApp(
  world: World,
  server: string,
  files: Record<string, string | null> = {},
): Promise<Repository> {
  count += 1
  const repository = await world.git.makeRepository('acme', `app-${count}`)
  const all = Object.entries({ Dockerfile: dockerfile, 'server.js': server, ...files })
  await world.github?.follow(repository)
  await repository.commit(Object.fromEntries(all.filter(([, text]) => text !== null)), 'First commit')
  return repository
}

/** What an inventory says about the machine; a deployment that failed keeps its rows until it is deleted. */
export const outside = ({ tables: _, ...rest }: Record<string, string[]>) => rest
