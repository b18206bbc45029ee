import { listPorts } from '../../db/ports.ts'
import type { Deps } from '../../deps.ts'
import type { App } from '../app-type.ts'
import { PortsView } from '../views.ts'

export function portRoutes(app: App, { db, config }: Deps): void {
  app.get(
    '/api/ports',
    { schema: { summary: 'The ports that apps hold or held', response: { 200: PortsView } } },
    async () => ({
      range: config.portRange,
      ports: (await listPorts(db)).map((it) => ({
        port: it.port,
        isAllocated: it.deployment_id !== null,
        deploymentId: it.deployment_id,
        release: it.release,
        allocatedAt: it.allocated_at,
        releasedAt: it.released_at,
        ...(it.blocked_reason !== null && { blockedReason: it.blocked_reason, blockedAt: it.blocked_at }),
      })),
    }),
  )
}
