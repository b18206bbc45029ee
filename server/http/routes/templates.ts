import type { Deps } from '../../deps.ts'
import type { App } from '../app-type.ts'
import { CatalogView } from '../views.ts'

export function templateRoutes(app: App, { catalog, config }: Deps): void {
  app.get(
    '/api/templates',
    { schema: { summary: 'What Slipway can build', response: { 200: CatalogView } } },
    async () => ({
      templates: catalog.map(({ name, title, description, detect, port, healthPath }) => ({
        name,
        title,
        description,
        detect,
        port: port ?? null,
        healthPath: healthPath ?? '/',
      })),
      defaults: { memoryMb: config.appMemoryMb, cpus: config.appCpus, startTimeoutSeconds: config.startTimeoutSeconds },
    }),
  )
}
