import { isForeignApi } from '../adapters/github.ts'
import { GithubFailure } from '../adapters/github-api.ts'
import type { Installation } from '../adapters/github-app.ts'
import { makeManifest } from '../adapters/github-manifest.ts'
import { readApp } from '../db/github-app.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { problemOfReach } from './reach.ts'

/**
 * What a browser posts to GitHub to make the App, for a user or an organization. `state` comes back with the browser.
 * @throws not_possible_now
 */
export async function startApp(deps: Deps, organization: string | undefined, issueState: () => string) {
  const { config } = deps
  if (await readApp(deps)) {
    throw new AppError('not_possible_now', 'There is a GitHub App already. Forget it first, and delete it at GitHub.')
  }
  if (isForeignApi(config)) {
    throw new AppError(
      'not_possible_now',
      'SLIPWAY_GITHUB_URL is not GitHub’s: an App needs GitHub, or an Enterprise Server and SLIPWAY_GITHUB_API_URL.',
    )
  }
  const owner = organization ? `organizations/${organization}/settings` : 'settings'
  return {
    action: `${config.githubUrl}/${owner}/apps/new?state=${issueState()}`,
    manifest: makeManifest(config.publicUrl, problemOfReach(config) === undefined),
  }
}

/** What the App's webhook signs with; undefined without an App, or when it has no webhook. */
export async function appWebhookSecret(store: Pick<Deps, 'db' | 'secrets'>): Promise<string | undefined> {
  return (await readApp(store))?.webhookSecret ?? undefined
}

export type AppDescription = {
  app: { name: string; slug: string; htmlUrl: string; installUrl: string; hasWebhook: boolean } | null
  installations: Omit<Installation, 'permissions'>[]
  /** Why the installations could not be asked for. */
  problem?: string
}

/** The App without its secrets, and where it is installed. GitHub may be away: then that is said. */
export async function describeApp(deps: Pick<Deps, 'db' | 'secrets' | 'githubApp'>): Promise<AppDescription> {
  const app = await readApp(deps)
  if (!app) return { app: null, installations: [] }
  const { name, slug, htmlUrl, webhookSecret } = app
  const shown = { name, slug, htmlUrl, installUrl: `${htmlUrl}/installations/new`, hasWebhook: webhookSecret !== null }
  try {
    const installations = await deps.githubApp.listInstallations()
    return { app: shown, installations: installations.map(({ permissions: _, ...rest }) => rest) }
  } catch (error) {
    if (!(error instanceof GithubFailure)) throw error
    return { app: shown, installations: [], problem: error.message }
  }
}
