import { pino } from 'pino'
import { buildApp } from './app.ts'
import { type Config, ConfigError, loadConfig, readEnvironment } from './config.ts'
import { createBackups } from './deploy/backups/backups.ts'
import { createNewsroom } from './deploy/news.ts'
import { createPost } from './deploy/post-news.ts'
import { createQueue } from './deploy/queue.ts'
import { recover } from './deploy/recover.ts'
import { refuseHalfRestored } from './deploy/restored.ts'
import { createScheduler } from './deploy/schedules/scheduler.ts'
import { createStats } from './deploy/stats.ts'
import { watch } from './deploy/watch.ts'
import { createDeps } from './deps.ts'
import { NewerDatabaseError } from './errors.ts'
import { ensureAdmin } from './http/login.ts'
import { lockDataDir } from './lock.ts'
import { root } from './root.ts'

/** sysexits.h: EX_CONFIG. To start again does not help, and the systemd unit does not. */
const EXIT_CONFIG = 78

/** Configuration → dependencies → recover → listen → close. */
async function main(): Promise<void> {
  const config = readConfig()
  const log = pino({ level: config.logLevel })
  const unlock = await lockDataDir(config.dataDir)
  refuseHalfRestored(config.dataDir)
  const deps = await createDeps(config, log)
  const password = await ensureAdmin(deps)
  if (password !== undefined) {
    process.stdout.write(
      `\n  The admin is “${config.adminUsername}”, the password ${password}\n  It is shown this once. Change it after the first login.\n\n`,
    )
  }
  const queue = createQueue(deps)
  await recover(deps)
  const stats = createStats(deps)
  const post = createPost(deps)
  const newsroom = createNewsroom(deps, post.kick)
  const scheduler = createScheduler(deps, queue)
  const backups = createBackups(deps, queue, post.kick)
  const app = await buildApp(deps, queue, stats, post, scheduler, backups)
  await deps.nginx
    .start()
    .catch((error: unknown) =>
      log.error({ err: error }, 'nginx could not be started; apps are not reachable until it is'),
    )
  await backups.start()
  await app.listen({ host: config.host, port: config.port })
  newsroom.start()
  queue.kick()
  const unwatch = watch(deps, queue)
  void scheduler.start().catch((error: unknown) => log.error({ err: error }, 'scheduled jobs could not be started'))
  stats.start()
  log.info(`Slipway is at ${config.publicUrl}`)

  const close = async (signal: NodeJS.Signals) => {
    log.info(`${signal}: closing; apps go on running`)
    setTimeout(() => process.exit(1), 50_000).unref()
    // At once, whoever does not answer the others: a deploy that is not put back into the queue counts as crashed.
    await Promise.all([queue.stop(), scheduler.stop(), unwatch(), stats.stop(), app.close(), backups.stop()])
    await newsroom.stop()
    await post.stop()
    await deps.db.destroy()
    unlock()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void close(signal))
}

function readConfig(): Config {
  try {
    return loadConfig(readEnvironment(root), root)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}:\n${error.problems.map((problem) => `  - ${problem}\n`).join('')}`)
    process.exit(EXIT_CONFIG)
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`Slipway could not start: ${error instanceof Error ? error.message : error}\n`)
  process.exit(error instanceof NewerDatabaseError ? EXIT_CONFIG : 1)
})
