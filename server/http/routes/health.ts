import { countByStatus } from '../../db/deployments.ts'
import { checkMachine } from '../../deploy/check-machine.ts'
import type { Deps } from '../../deps.ts'
import { VERSION } from '../../version.ts'
import type { App } from '../app-type.ts'
import { HealthView } from '../views.ts'

/** `/health` needs no login and tells nothing secret; `/metrics` is Prometheus text. */
export function healthRoutes(app: App, deps: Deps): void {
  app.get(
    '/health',
    {
      config: { access: 'anyone' },
      schema: { summary: 'Whether Slipway can deploy', response: { 200: HealthView, 503: HealthView } },
    },
    async (_request, reply) => {
      const checks = await checkMachine(deps)
      const ok = Object.values(checks).every((check) => check.ok)
      return reply.status(ok ? 200 : 503).send({
        status: ok ? 'ok' : 'degraded',
        version: VERSION,
        uptime: Math.round(process.uptime()),
        timestamp: new Date().toISOString(),
        checks,
      })
    },
  )

  app.get('/metrics', { schema: { summary: 'Prometheus text' } }, async (_request, reply) => {
    const memory = process.memoryUsage()
    const lines = [
      '# HELP slipway_deployments Deployments by status.',
      '# TYPE slipway_deployments gauge',
      ...(await countByStatus(deps.db)).map(({ status, count }) => `slipway_deployments{status="${status}"} ${count}`),
      '# HELP process_resident_memory_bytes Resident memory of the server.',
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${memory.rss}`,
      '# HELP process_start_time_seconds Start of the server, in seconds since 1970.',
      '# TYPE process_start_time_seconds gauge',
      `process_start_time_seconds ${(Date.now() / 1000 - process.uptime()).toFixed(3)}`,
    ]
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(`${lines.join('\n')}\n`)
  })
}
