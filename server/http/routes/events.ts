import type { Stats } from '../../deploy/stats.ts'
import type { Deps } from '../../deps.ts'
import type { App } from '../app-type.ts'
import type { Live } from '../live.ts'

/** Every change, as it happens. Log lines have an address of their own. */
export function eventRoutes(app: App, deps: Deps, stats: Stats, live: Live): void {
  app.get(
    '/api/events',
    { websocket: true, schema: { summary: 'Every change, as a WebSocket' } },
    (socket, request) => {
      const client = live.admit(socket, request)
      if (!client) return
      client.onClose(
        deps.events.subscribe((event) => {
          if (event.type !== 'log') client.send(event)
        }),
      )
      client.onClose(stats.watch())
      client.send({ type: 'hello', at: new Date().toISOString() })
    },
  )
}
