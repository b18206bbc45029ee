import type { AppCredentials } from '../db/github-app.ts'
import type { Check, Try } from './check.ts'
import { bodyOf } from './github-answer.ts'
import { GithubFailure } from './github-api.ts'
import type { GithubApp, Installation } from './github-app.ts'
import { APP_PERMISSIONS } from './github-manifest.ts'
import { nameOf, PERMISSIONS, type Permission } from './github-permissions.ts'

/** @throws GithubFailure when GitHub does not know the App any more */
export async function describeApp({ name }: AppCredentials, as: GithubApp, signal?: AbortSignal): Promise<string> {
  const ask = await as.askAsApp()
  if (!ask) throw new GithubFailure('The App was forgotten meanwhile.')
  bodyOf('GET /app', await ask('GET', '/app', signal))
  return `GitHub knows the App ${name}.`
}

/** Where the App is installed, and whether its permissions were accepted there. */
export async function checkInstallations(
  app: AppCredentials,
  as: GithubApp,
  attempt: Try,
  known: Check,
  signal?: AbortSignal,
): Promise<Check[]> {
  let installations: Installation[] = []
  const installed = await attempt('App: installations', [known], async () => {
    installations = (await as.listInstallations(signal)).filter((it) => !it.isSuspended)
    if (installations.length > 0) return `Installed at ${installations.map((it) => it.account).join(', ')}.`
    throw new GithubFailure(`The App is installed nowhere. Install it: ${app.htmlUrl}/installations/new`)
  })
  const wanted = PERMISSIONS.filter(({ key }) => key in APP_PERMISSIONS)
  const rights = wanted.map((permission) =>
    attempt(`App: ${nameOf(permission)}`, [installed], async () => permittedEverywhere(permission, installations)),
  )
  return [installed, ...(await Promise.all(rights))]
}

function permittedEverywhere(permission: Permission, installations: Installation[]): string {
  const levels = permission.level === 'Read-only' ? ['read', 'write', 'admin'] : ['write', 'admin']
  const lacking = installations.filter((it) => !levels.includes(it.permissions[permission.key] ?? ''))
  if (lacking.length === 0) return 'Every installation may.'
  const where = lacking.map((it) => `${it.account} (${it.url})`).join(', ')
  throw new GithubFailure(
    `The App lacks the permission ${nameOf(permission)} at ${where}. ${permission.without} Give it to the App, and accept it there.`,
  )
}
