import { randomBytes } from 'node:crypto'
import { type Deployment, updateDeployment } from '../db/deployments.ts'
import type { Deps } from '../deps.ts'

type Store = Pick<Deps, 'db' | 'secrets'>

/** Bound to its use: elsewhere it does not decrypt. */
const contextOf = ({ id }: Pick<Deployment, 'id'>) => `webhook:${id}`

/** What GitHub signs with; undefined before there was ever a webhook. */
export function openWebhookSecret({ secrets }: Pick<Store, 'secrets'>, deployment: Deployment): string | undefined {
  const { webhookSecret } = deployment
  return webhookSecret === null ? undefined : secrets.decrypt(webhookSecret, contextOf(deployment))
}

/** The same, made and kept where there is none yet. Kept before GitHub is told of it, and until the webhook is gone. */
export async function ensureWebhookSecret({ db, secrets }: Store, deployment: Deployment): Promise<string> {
  const known = openWebhookSecret({ secrets }, deployment)
  if (known !== undefined) return known
  const secret = randomBytes(32).toString('hex')
  const webhookSecret = secrets.encrypt(secret, contextOf(deployment))
  await updateDeployment(db, deployment.id, { webhookSecret })
  deployment.webhookSecret = webhookSecret
  return secret
}
