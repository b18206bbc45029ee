import { createHmac } from 'node:crypto'
import type { Parcel } from '../news.ts'

/** What a webhook receives; docs/notifications.md describes it. */
export function webhookBody({
  news: { type, title, app, url, message, hint, release, commit, at },
  slipway,
}: Parcel): string {
  return JSON.stringify({ type, title, app: app ?? null, url, message, hint, release, commit, at, slipway })
}

/** As GitHub signs: HMAC-SHA256 over the bytes of the body. */
export function webhookHeaders({ news, delivery }: Parcel, body: string, secret: string): Record<string, string> {
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  return {
    'x-slipway-signature': `sha256=${signature}`,
    'x-slipway-event': news.type,
    'x-slipway-delivery': delivery,
  }
}
