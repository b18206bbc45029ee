import { GithubFailure } from '../adapters/github-api.ts'
import type { Installation } from '../adapters/github-app.ts'
import type { AppCredentials } from '../adapters/github-manifest.ts'
import { deleteSetting, readSetting, writeSetting } from '../db/settings.ts'
import type { Deps } from '../deps.ts'

/** Where the sealed App lies, and what it is sealed for. */
const APP_SETTING = 'github.app'

type Store = Pick<Deps, 'db' | 'secrets'>

/** The GitHub App that was made for this Slipway, with its key. */
export async function readApp({ db, secrets }: Store): Promise<AppCredentials | undefined> {
  const sealed = await readSetting(db, APP_SETTING)
  return sealed === undefined ? undefined : JSON.parse(secrets.decrypt(sealed, APP_SETTING))
}

export async function saveApp({ db, secrets }: Store, app: AppCredentials): Promise<void> {
  await writeSetting(db, APP_SETTING, secrets.encrypt(JSON.stringify(app), APP_SETTING))
}

export const deleteApp = ({ db }: Store) => deleteSetting(db, APP_SETTING)

/** What the App's webhook signs with; undefined without an App, or when it has no webhook. */
export async function appWebhookSecret(store: Store): Promise<string | undefined> {
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
