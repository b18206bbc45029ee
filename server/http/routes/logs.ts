import { type LogLine, readLog, readLogBefore } from '../../db/logs.ts'
import { findPort } from '../../db/ports.ts'
import { listReleases, type Release } from '../../db/releases.ts'
import { openEnv, refOf, secretsOf } from '../../deploy/context.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import { createMask } from '../../mask.ts'
import { containerName } from '../../names.ts'
import type { App } from '../app-type.ts'
import type { Client, Live } from '../live.ts'
import { IdParams } from '../schemas.ts'
import { Type } from '../type.ts'
import { LogLineView } from '../views.ts'
import { deploymentOf } from './deployments.ts'

const Query = Type.Object({
  kind: Type.Optional(Type.Union([Type.Literal('build'), Type.Literal('runtime')])),
  release: Type.Optional(Type.Integer({ minimum: 1 })),
  after: Type.Optional(Type.Integer({ minimum: 0 })),
  before: Type.Optional(Type.Integer({ minimum: 1 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000 })),
})
type Asked = { deploymentId: string; release: Release; after: number; limit: number }
const BATCH = 1000

export function logRoutes(app: App, deps: Deps, live: Live): void {
  const read = async (id: string, query: { release?: number; after?: number; limit?: number }): Promise<Asked> => {
    const deployment = await deploymentOf(deps, id)
    const releases = await listReleases(deps.db, id)
    const wanted = query.release ?? releases[0]?.number
    const release = releases.find((it) => it.number === wanted)
    if (!release) throw new AppError('not_found', `There is no release ${wanted}.`, { field: 'release' })
    return { deploymentId: deployment.id, release, after: query.after ?? 0, limit: query.limit ?? BATCH }
  }
  /** Without a release asked for, the runtime log is that of the live one. */
  const readRuntime = async (id: string, query: { release?: number; after?: number; limit?: number }) => {
    const { liveRelease } = await deploymentOf(deps, id)
    return read(id, { ...query, ...(query.release === undefined && liveRelease !== null && { release: liveRelease }) })
  }

  app.route({
    method: 'GET',
    url: '/api/logs/:id',
    schema: {
      summary: 'Log lines after a number; as a WebSocket first those, then live',
      params: IdParams,
      querystring: Query,
      response: { 200: Type.Object({ lines: Type.Array(LogLineView), next: Type.Integer() }) },
    },
    handler: async (request) => {
      const { kind, after, before } = request.query
      const runtime = kind === 'runtime'
      if (before !== undefined && (runtime || after !== undefined)) throw notBackwards()
      const asked = await (runtime ? readRuntime : read)(request.params.id, request.query)
      const lines = runtime ? await runtimeLines(deps, asked) : await buildLines(deps, asked, before)
      return { lines, next: lines.at(-1)?.seq ?? asked.after }
    },
    wsHandler: async (socket, request) => {
      const client = live.admit(socket, request)
      if (!client) return
      const query = request.query as { kind?: string; release?: number; after?: number }
      const { id } = request.params as { id: string }
      try {
        if (query.kind === 'runtime') await followRuntime(deps, client, await readRuntime(id, query))
        else await followBuild(deps, client, await read(id, query))
      } catch (error) {
        if (!(error instanceof AppError)) request.log.error({ err: error }, 'a log could not be followed')
        const { code, message } =
          error instanceof AppError ? error : new AppError('internal', 'The log could not be read.')
        client.send({ type: 'error', code, message })
        client.close()
      }
    },
  })
}

async function buildLines(deps: Deps, { deploymentId, release, after, limit }: Asked, before: number | undefined) {
  return before === undefined
    ? readLog(deps.db, deploymentId, release.number, { after, limit })
    : readLogBefore(deps.db, deploymentId, release.number, { before, limit })
}

const notBackwards = () => {
  const message = '`before` is for build logs, and without `after`. A runtime log is read with `after`.'
  return new AppError('invalid_input', message, { field: 'before' })
}

/**
 * First what is stored, at the client's pace, then what comes. News that come meanwhile are stored already and read with
 * the rest, so that each line is sent once and in its place.
 */
async function followBuild(deps: Deps, client: Client, { deploymentId, release, after }: Asked): Promise<void> {
  let last = after
  let news = 0
  let replaying = true
  const send = (line: LogLine) => {
    if (line.seq <= last) return
    client.send(line)
    last = line.seq
  }
  const unsubscribe = deps.events.subscribe((event) => {
    if (event.type !== 'log' || event.deployment !== deploymentId || event.release !== release.number) return
    if (replaying) news += 1
    else event.lines.forEach(send)
  })
  client.onClose(unsubscribe)

  for (let read = -1; read !== news; ) {
    read = news
    for (let lines: LogLine[] | undefined; lines === undefined || lines.length === BATCH; ) {
      lines = await readLog(deps.db, deploymentId, release.number, { after: last, limit: BATCH })
      for (const line of lines) {
        await client.ready()
        send(line)
      }
    }
  }
  replaying = false
}

const maskOf = (deps: Deps, { deploymentId, release }: Asked) =>
  createMask(secretsOf(openEnv(deps, deploymentId, release.env)))

const nameOf = (deps: Deps, { release }: Asked) => containerName(deps.config.instance, refOf(release))

async function runtimeLines(deps: Deps, asked: Asked) {
  if (!(await hasContainer(deps, asked))) return []
  const mask = maskOf(deps, asked)
  const lines = await deps.docker.readLog(nameOf(deps, asked), { after: asked.after, limit: asked.limit })
  return lines.map((line) => ({ ...line, level: levelOf(line.stream), text: mask(line.text) }))
}

/** A release that has no port any more has no container; one of its name may be another app's by now. */
const hasContainer = async ({ db }: Deps, { deploymentId, release }: Asked) =>
  (await findPort(db, { deploymentId, release: release.number })) !== undefined

async function followRuntime(deps: Deps, client: Client, asked: Asked): Promise<void> {
  if (!(await hasContainer(deps, asked))) return client.close()
  const mask = maskOf(deps, asked)
  const gone = new AbortController()
  client.onClose(() => gone.abort())
  const source = deps.docker.followLog(nameOf(deps, asked), {
    after: asked.after,
    ...(asked.after === 0 && { tail: BATCH }),
    signal: gone.signal,
  })
  try {
    for await (const line of source) client.send({ ...line, level: levelOf(line.stream), text: mask(line.text) })
    client.close()
  } catch (error) {
    if (!gone.signal.aborted) throw error
  }
}

const levelOf = (stream: string) => (stream === 'stderr' ? 'warn' : 'info')
