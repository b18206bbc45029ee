import path from 'node:path'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import websocket from '@fastify/websocket'
import Fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import type { Backups } from './deploy/backups/backups.ts'
import { createDoctor, type Doctor } from './deploy/doctor.ts'
import type { Post } from './deploy/post-news.ts'
import type { Queue } from './deploy/queue.ts'
import type { Scheduler } from './deploy/schedules/scheduler.ts'
import type { Stats } from './deploy/stats.ts'
import type { Deps } from './deps.ts'
import type { App } from './http/app-type.ts'
import { addAuth } from './http/auth.ts'
import { addErrorHandlers } from './http/errors.ts'
import { addHeaders } from './http/headers.ts'
import { addJsonParser } from './http/json.ts'
import { createLive, type Live } from './http/live.ts'
import { auditRoutes } from './http/routes/audit.ts'
import { authRoutes } from './http/routes/auth.ts'
import { backupRoutes } from './http/routes/backups.ts'
import { changeRoutes } from './http/routes/changes.ts'
import { channelRoutes } from './http/routes/channels.ts'
import { connectionRoutes } from './http/routes/connections.ts'
import { deployKeyRoutes } from './http/routes/deploy-keys.ts'
import { deploymentDetailRoutes } from './http/routes/deployment-details.ts'
import { deploymentRoutes } from './http/routes/deployments.ts'
import { diskRoutes } from './http/routes/disk.ts'
import { docsRoutes } from './http/routes/docs.ts'
import { doctorRoutes } from './http/routes/doctor.ts'
import { domainRoutes } from './http/routes/domains.ts'
import { eventRoutes } from './http/routes/events.ts'
import { githubAppRoutes } from './http/routes/github-app.ts'
import { githubTokenRoutes } from './http/routes/github-token.ts'
import { healthRoutes } from './http/routes/health.ts'
import { logRoutes } from './http/routes/logs.ts'
import { portRoutes } from './http/routes/ports.ts'
import { previewRoutes } from './http/routes/previews.ts'
import { receiptRoutes } from './http/routes/receipts.ts'
import { repositoryRoutes } from './http/routes/repository.ts'
import { scheduleRoutes } from './http/routes/schedules.ts'
import { sessionRoutes } from './http/routes/sessions.ts'
import { statsRoutes } from './http/routes/stats.ts'
import { templateRoutes } from './http/routes/templates.ts'
import { tokenRoutes } from './http/routes/tokens.ts'
import { uiRoutes } from './http/routes/ui.ts'
import { webhookRoutes } from './http/routes/webhooks.ts'
import { createSlots, type Slots } from './http/slots.ts'
import { root } from './root.ts'

const BODY_LIMIT = 2 * 1024 * 1024
/** Each look into a repository is a git process, and a plan clones. */
const LOOKS = { atOnce: 3, waiting: 12, waitMs: 30_000 }

/** The whole HTTP side, in order. It does not listen: tests inject into it, main.ts listens. */
export async function buildApp(
  deps: Deps,
  queue: Queue,
  stats: Stats,
  post: Post,
  scheduler: Scheduler,
  backups: Backups,
): Promise<App> {
  const app: App = Fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    trustProxy: 'loopback',
    // Verbose: an error brings the schema it is about, whose description says what is wrong in words.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array', allErrors: false, verbose: true } },
  }).withTypeProvider<TypeBoxTypeProvider>()
  const live = createLive(deps)
  app.addHook('preClose', async () => live.close())

  // Replies are made by present.ts; fast-json-stringify would compile every schema for 6 MB (docs/decisions/memory.md).
  app.setSerializerCompiler(() => (reply) => JSON.stringify(reply))
  addJsonParser(app)
  addErrorHandlers(app)
  await addHeaders(app, deps.config)
  await app.register(websocket, { options: { maxPayload: 64 * 1024 } })
  await addAuth(app, deps)

  const looks = createSlots(LOOKS)
  const parts = { queue, stats, post, scheduler, backups, live, looks, doctor: createDoctor(deps, queue) }
  addRoutes(app, deps, parts)
  docsRoutes(app, (described) => addRoutes(described, deps, parts))
  uiRoutes(app, path.join(root, 'dist', 'web'))
  return app
}

type Parts = {
  queue: Queue
  stats: Stats
  post: Post
  scheduler: Scheduler
  backups: Backups
  live: Live
  looks: Slots
  doctor: Doctor
}

/** Every route of the API but its own description. */
function addRoutes(app: App, deps: Deps, parts: Parts): void {
  const { queue, stats, post, scheduler, backups, live, looks, doctor } = parts
  authRoutes(app, deps, live)
  sessionRoutes(app, deps, live)
  tokenRoutes(app, deps, live)
  deploymentRoutes(app, deps, queue, looks)
  deploymentDetailRoutes(app, deps)
  scheduleRoutes(app, deps, scheduler)
  changeRoutes(app, deps)
  previewRoutes(app, deps, queue)
  repositoryRoutes(app, deps, looks)
  logRoutes(app, deps, live)
  eventRoutes(app, deps, stats, live)
  statsRoutes(app, stats)
  diskRoutes(app, deps)
  portRoutes(app, deps)
  domainRoutes(app, deps)
  receiptRoutes(app, deps)
  templateRoutes(app, deps)
  auditRoutes(app, deps)
  doctorRoutes(app, deps, doctor)
  connectionRoutes(app, deps)
  channelRoutes(app, deps, post)
  backupRoutes(app, deps, queue, backups)
  deployKeyRoutes(app, deps)
  githubTokenRoutes(app, deps)
  githubAppRoutes(app, deps)
  healthRoutes(app, deps)
  webhookRoutes(app, deps, queue)
}
