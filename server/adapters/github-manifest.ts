import type { AppCredentials } from '../db/github-app.ts'
import { bodyOf, refusal } from './github-answer.ts'
import { type Answer, GithubFailure } from './github-api.ts'

/** What the App may do at the repositories where it is installed. Nothing else is asked for. */
export const APP_PERMISSIONS = {
  contents: 'read',
  metadata: 'read',
  statuses: 'write',
  deployments: 'write',
  pull_requests: 'write',
} as const
const EVENTS = ['push', 'pull_request']

export type Manifest = {
  name: string
  url: string
  redirect_url: string
  public: false
  default_permissions: typeof APP_PERMISSIONS
  hook_attributes?: { url: string; active: true }
  default_events?: string[]
}

/**
 * The App as GitHub is to make it. GitHub refuses an address that it cannot reach as a webhook's, so an App of a machine
 * without a public address has none.
 */
export function makeManifest(publicUrl: string, isReachable: boolean): Manifest {
  const hook = { url: `${publicUrl}/api/webhooks/github`, active: true } as const
  return {
    name: nameOf(publicUrl),
    url: publicUrl,
    redirect_url: `${publicUrl}/api/github/app/callback`,
    public: false,
    default_permissions: APP_PERMISSIONS,
    ...(isReachable && { hook_attributes: hook, default_events: EVENTS }),
  }
}

/** Names of Apps are unique in all of GitHub, and have 34 characters at most. Its owner may change it before it is made. */
const nameOf = (publicUrl: string) => `slipway-${new URL(publicUrl).hostname.replace(/[^a-z0-9]+/gi, '-')}`.slice(0, 34)

/** What a new App is made of, in the answer for its code. @throws GithubFailure */
export function readCredentials(answer: Answer): AppCredentials {
  if (answer.status === 404) {
    throw new GithubFailure(
      'GitHub does not know this code: it was used already, or is older than an hour. Make the App again.',
      undefined,
      'github_denied',
    )
  }
  const body = bodyOf<Record<string, unknown>>('the code', answer, 201)
  const { id, webhook_secret: webhookSecret } = body
  const text = (name: string) => {
    const value = body[name]
    if (typeof value === 'string' && value !== '') return value
    throw new GithubFailure(`GitHub’s answer has no ${name}. Delete the App there, and make it again.`)
  }
  if (typeof id !== 'number') throw refusal('the code', answer)
  return {
    id,
    slug: text('slug'),
    name: text('name'),
    htmlUrl: text('html_url'),
    clientId: text('client_id'),
    clientSecret: text('client_secret'),
    privateKey: text('pem'),
    webhookSecret: typeof webhookSecret === 'string' && webhookSecret !== '' ? webhookSecret : null,
  }
}
