import type { Stats } from '../../deploy/stats.ts'
import type { App } from '../app-type.ts'
import { StatsView } from '../views.ts'

export function statsRoutes(app: App, stats: Stats): void {
  app.get(
    '/api/stats',
    {
      schema: {
        summary: 'What the machine and each running app use, and the machine’s last hour',
        response: { 200: StatsView },
      },
    },
    async () => stats.read(),
  )
}
