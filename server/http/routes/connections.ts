import { listConnections, testConnection } from '../../deploy/connections.ts'
import type { Deps } from '../../deps.ts'
import { connectionNames } from '../../states.ts'
import type { App } from '../app-type.ts'
import { Type } from '../type.ts'
import { ConnectionTestView, ConnectionView } from '../views.ts'

export function connectionRoutes(app: App, deps: Deps): void {
  app.get(
    '/api/connections',
    {
      schema: {
        summary: 'Cloudflare and GitHub, and which of their settings are given',
        response: { 200: Type.Object({ connections: Type.Array(ConnectionView) }) },
      },
    },
    async () => ({ connections: await listConnections(deps) }),
  )

  app.post(
    '/api/connections/:name/test',
    {
      schema: {
        summary: 'Try a connection, permission by permission',
        params: Type.Object({ name: Type.Enum(connectionNames) }),
        response: { 200: ConnectionTestView },
      },
    },
    (request) => testConnection(deps, request.params.name),
  )
}
