import type { DeploymentView } from '../server/http/views.ts'
import type { Client } from './client.ts'
import { Failure } from './failure.ts'

type One = { deployment: DeploymentView }

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const MOST_NAMED = 8

/** The address of a deployment in the API. */
export const at = (id: string, rest = '') => `/api/deployments/${encodeURIComponent(id)}${rest}`

export const getApp = async (client: Client, id: string): Promise<DeploymentView> =>
  (await client.request<One>('GET', at(id))).deployment

/** Asks for a change and answers the app as it is then. */
export const changeApp = async (client: Client, method: string, path: string, ask = {}): Promise<DeploymentView> =>
  (await client.request<One>(method, path, ask)).deployment

export const listApps = async (client: Client): Promise<DeploymentView[]> =>
  (await client.request<{ deployments: DeploymentView[] }>('GET', '/api/deployments')).deployments

/** The app of an id or a subdomain. @throws Failure not_found, with the names there are */
export async function findApp(client: Client, named: string): Promise<DeploymentView> {
  const apps = await listApps(client)
  const subdomain = named.toLowerCase()
  const found =
    apps.find((it) => it.subdomain === subdomain) ?? (ID.test(named) && apps.find((it) => it.id === subdomain))
  if (found) return found
  throw new Failure('not_found', `There is no app ${named} at ${client.url}.`, { hint: namesOf(apps) })
}

function namesOf(apps: DeploymentView[]): string {
  if (apps.length === 0) return 'There are none yet: slipway deploy owner/name'
  const names = apps.slice(0, MOST_NAMED).map((it) => it.subdomain)
  return `Its apps: ${names.join(', ')}${apps.length > names.length ? ' and more: slipway list' : ''}.`
}
