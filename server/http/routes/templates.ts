import { DEFAULT_STOP_SECONDS } from '../../deploy/stop-seconds.ts'
import type { Deps } from '../../deps.ts'
import { settingsSchema } from '../../templates/settings.ts'
import type { App } from '../app-type.ts'
import { CatalogView } from '../views.ts'

export function templateRoutes(app: App, { catalog, config }: Deps): void {
  app.get(
    '/api/templates',
    { schema: { summary: 'What Slipway can build', response: { 200: CatalogView } } },
    async () => ({
      templates: catalog.map(({ name, title, description, detect, proof, port, healthPath }) => ({
        name,
        title,
        description,
        detect,
        proof,
        port: port ?? null,
        healthPath: healthPath ?? '/',
      })),
      defaults: {
        memoryMb: config.appMemoryMb,
        cpus: config.appCpus,
        startTimeoutSeconds: config.startTimeoutSeconds,
        stopSeconds: DEFAULT_STOP_SECONDS,
      },
    }),
  )

  app.get(
    '/api/slipway.schema.json',
    { config: { access: 'anyone' }, schema: { summary: 'The JSON schema of slipway.json, for editors' } },
    async () => settingsSchema,
  )
}
