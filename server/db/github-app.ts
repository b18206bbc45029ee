import type { Secrets } from '../secrets.ts'
import type { Db } from './schema.ts'
import { deleteSetting, readSetting, writeSetting } from './settings.ts'

/** What GitHub hands over once, when the App is made. All of it is kept sealed. */
export type AppCredentials = {
  id: number
  slug: string
  name: string
  htmlUrl: string
  clientId: string
  clientSecret: string
  /** PEM. */
  privateKey: string
  /** Null for an App whose webhook was left out. */
  webhookSecret: string | null
}

/** Where the sealed App lies, and what it is sealed for. */
const APP_SETTING = 'github.app'

type Store = { db: Db; secrets: Secrets }

/** The GitHub App that was made for this Slipway, with its key. One that was sealed with a lost key is as good as none. */
export async function readApp({ db, secrets }: Store): Promise<AppCredentials | undefined> {
  const sealed = await readSetting(db, APP_SETTING)
  const app = sealed === undefined ? undefined : secrets.decryptIfReadable(sealed, APP_SETTING)
  return app === undefined ? undefined : JSON.parse(app)
}

export async function saveApp({ db, secrets }: Store, app: AppCredentials): Promise<void> {
  await writeSetting(db, APP_SETTING, secrets.encrypt(JSON.stringify(app), APP_SETTING))
}

export const deleteApp = ({ db }: Pick<Store, 'db'>) => deleteSetting(db, APP_SETTING)
