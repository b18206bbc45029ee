import { createHmac, randomUUID } from 'node:crypto'
import { findDeployment } from '../../server/db/deployments.ts'
import { openDatabase } from '../../server/db/open.ts'
import { ensureWebhookSecret } from '../../server/deploy/webhook-secret.ts'
import { createSecrets, loadMasterKeys } from '../../server/secrets.ts'
import type { Reply, Slipway } from './slipway.ts'

export type Deliver = (event: string, payload: Record<string, unknown>) => Promise<Reply>

/** Speaks as GitHub does about one deployment: signed with the secret that both of them know. */
export async function createDeliver(slipway: Slipway, id: string): Promise<Deliver> {
  const secret = await secretOf(slipway.dataDir, id)
  return (event, payload) => {
    const body = JSON.stringify(payload)
    return slipway.api('POST', `/api/webhooks/github/${id}`, body, {
      'x-github-delivery': randomUUID(),
      'x-github-event': event,
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    })
  }
}

async function secretOf(dataDir: string, id: string): Promise<string> {
  const db = await openDatabase(dataDir)
  try {
    const deployment = await findDeployment(db, id)
    if (!deployment) throw new Error(`there is no deployment ${id}`)
    return await ensureWebhookSecret({ db, secrets: createSecrets(loadMasterKeys(dataDir, undefined)) }, deployment)
  } finally {
    await db.destroy()
  }
}
