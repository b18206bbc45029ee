import { readSetting } from '../db/settings.ts'
import type { Deps } from '../deps.ts'

/** Where the sealed token lies that was given through the API, and what it is sealed for. */
export const TOKEN_SETTING = 'github.token'

export type GithubToken = { token: string; from: 'environment' | 'settings' }

/** The token of GitHub's API: that of the environment, else the one that was given through the API. */
export async function readGithubToken(deps: Pick<Deps, 'config' | 'db' | 'secrets'>): Promise<GithubToken | undefined> {
  const { githubToken } = deps.config
  if (githubToken !== undefined) return { token: githubToken, from: 'environment' }
  const sealed = await readSetting(deps.db, TOKEN_SETTING)
  if (sealed === undefined) return undefined
  return { token: deps.secrets.decrypt(sealed, TOKEN_SETTING), from: 'settings' }
}
