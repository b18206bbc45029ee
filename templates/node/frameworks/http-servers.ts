import path from 'node:path'
import { partsIn, textsIn } from '../../../server/templates/parts.ts'
import type { App, Framework } from '../app.ts'
import { buildLine } from './build-script.ts'
import { type Family, madeForAnother, startedBy } from './family.ts'

/** docs.nestjs.com/deployment. `nest start` compiles with the CLI, which production has not: what it built is run. */
export const nest: Family = async (app, start) => {
  if (app.dependencies['@nestjs/core'] === undefined) return undefined
  const cli = partsIn(await app.source.json('nest-cli.json'))
  const { root = '', entryFile: entry = 'main' } = textsIn(cli)
  const file = cli.monorepo && root ? path.posix.join('dist', root, entry) : `dist/${entry}`
  const command = app.scripts['start:prod'] ? app.run('start:prod') : `node ${file}`
  const started = startedBy(command, start, /^nest start/)
  return { name: 'NestJS', build: buildLine(app, 'nest build'), ...started, port: 3000 }
}

/** docs.adonisjs.com/guides/deployment: the build is an app of its own in build/. */
export const adonis: Family = async (app, start) => {
  if (app.dependencies['@adonisjs/core'] === undefined) return undefined
  const build = buildLine(app, 'node ace build')
  return {
    name: 'AdonisJS',
    build: build.includes('node ace') ? 'node ace build' : build,
    ...startedBy('cd build && node bin/server.js', start, /^node (\.\/)?(build\/)?(bin\/)?server\.js$/),
    port: 3333,
    env: { HOST: '0.0.0.0' },
    notes: [
      'AdonisJS asks for APP_KEY and the other variables of start/env.ts when it starts: set them as environment variables.',
    ],
  }
}

const NAMES = {
  fastify: 'Fastify',
  '@hono/node-server': 'Hono',
  hono: 'Hono',
  '@hapi/hapi': 'hapi',
  koa: 'Koa',
  '@feathersjs/express': 'Feathers',
  '@feathersjs/koa': 'Feathers',
  '@apollo/server': 'Apollo Server',
  'socket.io': 'Socket.IO',
  express: 'Express',
  polka: 'Polka',
  restify: 'Restify',
  h3: 'h3',
  elysia: 'Elysia',
}

/** Servers that listen by a line of their own program: only their names are known, and what makes them listen to others. */
export const httpServers: Family = async (app, start) => {
  const [library, name] = Object.entries(NAMES).find(([it]) => app.packageJson.dependencies?.[it] !== undefined) ?? []
  if (library === undefined || name === undefined) return undefined
  if (library === 'hono' && app.dependencies.wrangler !== undefined && start.kind !== 'server')
    throw madeForAnother(
      'Hono',
      'wrangler',
      'Add @hono/node-server, and a start script for a file that calls serve(app).',
    )
  return { name, ...(app.dependencies['fastify-cli'] !== undefined && { env: { FASTIFY_ADDRESS: '0.0.0.0' } }) }
}

const SERVER_FILES = /^((src|server|api|backend|app|dist)\/)?(server|index|app|main|start)\.([cm]?[jt]s)$/

/**
 * A server in the same package as pages: a file of the usual names that loads one of those libraries, or node:http. It is
 * what is to run, though a start script may not say so.
 */
export async function ownServer(app: App): Promise<string | undefined> {
  if (!Object.keys(NAMES).some((it) => app.packageJson.dependencies?.[it] !== undefined)) return undefined
  const used = new RegExp(`(?:from|require\\(|import\\()\\s*["'](?:${Object.keys(NAMES).join('|')})["']`)
  for (const file of app.source.files.filter((it) => SERVER_FILES.test(it)))
    if (used.test((await app.source.text(file)) ?? '')) return file
  return undefined
}

/** `nodemon server.js` restarts for a developer: in production the file itself runs. */
export function withoutWatching(command: string): Framework['start'] {
  const file = /^(?:nodemon|node --watch(?:-path=\S+)?|tsx watch)\s+(?:-\S+\s+)*([\w./-]+\.[cm]?js)(?:\s|$)/.exec(
    command,
  )?.[1]
  return file === undefined ? undefined : `node ${file}`
}
