import type { Check } from '../adapters/check.ts'
import type { GivenToken } from '../adapters/github.ts'
import { GithubFailure } from '../adapters/github-api.ts'
import { deleteSetting, readSetting, writeSetting } from '../db/settings.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'

/** Where the sealed token lies that was given through the API, and what it is sealed for. */
export const TOKEN_SETTING = 'github.token'

export type GithubToken = GivenToken & { from: 'environment' | 'settings' }

const IN_ENVIRONMENT = 'Make a new one and set SLIPWAY_GITHUB_TOKEN to it, then restart Slipway.'
const IN_SETTINGS = 'Make a new one and give it under Settings → Connections.'

/**
 * The token of GitHub's API: that of the environment, else the one that was given through the API. One that was sealed
 * with a lost key is as good as none: it is given again.
 */
export async function readGithubToken(deps: Pick<Deps, 'config' | 'db' | 'secrets'>): Promise<GithubToken | undefined> {
  const { githubToken } = deps.config
  if (githubToken !== undefined) return { token: githubToken, from: 'environment', renew: IN_ENVIRONMENT }
  const sealed = await readSetting(deps.db, TOKEN_SETTING)
  const token = sealed === undefined ? undefined : deps.secrets.decryptIfReadable(sealed, TOKEN_SETTING)
  return token === undefined ? undefined : { token, from: 'settings', renew: IN_SETTINGS }
}

/** The same 15 s as for the test of a connection. */
const TEST_MS = 15_000

/**
 * Keeps a token that GitHub accepts, sealed, and answers what it may do.
 * @throws not_possible_now where the environment gives one, invalid_input when GitHub does not accept it, github_unavailable
 */
export async function keepGithubToken(deps: Deps, token: string): Promise<{ ok: boolean; checks: Check[] }> {
  refuseBesideEnvironment(deps)
  const signal = AbortSignal.timeout(TEST_MS)
  const given = { token, renew: IN_SETTINGS }
  await deps.github.greet(given, signal).catch(refuseWrong)
  await writeSetting(deps.db, TOKEN_SETTING, deps.secrets.encrypt(token, TOKEN_SETTING))
  const checks = await deps.github.inspectToken(given, signal)
  return { ok: checks.every((check) => check.ok), checks }
}

/** @throws not_possible_now, not_found */
export async function forgetGithubToken(deps: Deps): Promise<void> {
  refuseBesideEnvironment(deps)
  if ((await readSetting(deps.db, TOKEN_SETTING)) === undefined)
    throw new AppError('not_found', 'There is no GitHub token: it was forgotten already.')
  await deleteSetting(deps.db, TOKEN_SETTING)
}

function refuseWrong(error: unknown): never {
  if (!(error instanceof GithubFailure && error.code === 'github_denied')) throw error
  throw new AppError('invalid_input', error.message, { field: 'token', cause: error })
}

function refuseBesideEnvironment({ config }: Deps): void {
  if (config.githubToken === undefined) return
  throw new AppError(
    'not_possible_now',
    'SLIPWAY_GITHUB_TOKEN is set, and is used before any other token. Take it out of .env and restart Slipway to give one here.',
  )
}
