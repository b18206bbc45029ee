import { listAudit } from '../../db/audit.ts'
import type { Deps } from '../../deps.ts'
import type { App } from '../app-type.ts'
import { Type } from '../type.ts'
import { AuditView } from '../views.ts'

export function auditRoutes(app: App, { db }: Deps): void {
  app.get(
    '/api/audit',
    {
      schema: {
        summary: 'Who did what, newest first',
        querystring: Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })) }),
        response: { 200: Type.Object({ entries: Type.Array(AuditView) }) },
      },
    },
    async (request) => ({
      entries: (await listAudit(db, request.query.limit ?? 200)).map(({ detail, ...entry }) => ({
        ...entry,
        detail: JSON.parse(detail),
      })),
    }),
  )
}
