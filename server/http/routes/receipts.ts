import { findReceipt, listReceipts } from '../../db/receipts.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { App } from '../app-type.ts'
import { Type } from '../type.ts'
import { ReceiptView } from '../views.ts'

const Query = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  before: Type.Optional(
    Type.String({ maxLength: 100, description: 'Older ones than the receipt of this deployment.' }),
  ),
  search: Type.Optional(
    Type.String({ maxLength: 200, description: 'Text in the name, the subdomain or the repository’s address.' }),
  ),
})

export function receiptRoutes(app: App, { db }: Deps): void {
  app.get(
    '/api/receipts',
    {
      schema: {
        summary: 'What deletes removed, newest first',
        querystring: Query,
        response: { 200: Type.Object({ receipts: Type.Array(ReceiptView) }) },
      },
    },
    async ({ query: { limit = 200, ...which } }) => ({ receipts: await listReceipts(db, { limit, ...which }) }),
  )

  app.get(
    '/api/receipts/:deploymentId',
    {
      schema: {
        summary: 'What one delete removed',
        params: Type.Object({ deploymentId: Type.String() }),
        response: { 200: Type.Object({ receipt: ReceiptView }) },
      },
    },
    async (request) => {
      const receipt = await findReceipt(db, request.params.deploymentId)
      if (receipt) return { receipt }
      throw new AppError(
        'not_found',
        'There is no receipt for this deployment: it was never deleted, or is not gone yet.',
      )
    },
  )
}
