import { createDiskReporter } from '../../deploy/disk-report.ts'
import type { Deps } from '../../deps.ts'
import type { App } from '../app-type.ts'
import { Type } from '../type.ts'
import { DiskView } from '../views.ts'

export function diskRoutes(app: App, deps: Deps): void {
  const report = createDiskReporter(deps)
  app.get(
    '/api/disk',
    {
      schema: {
        summary: 'What takes up the disk, per app',
        description: 'Measured at most once a minute; `fresh` measures anew. Sizes are bytes.',
        querystring: Type.Object({ fresh: Type.Optional(Type.Boolean()) }),
        response: { 200: DiskView },
      },
    },
    async ({ query }) => report({ fresh: query.fresh ?? false }),
  )
}
