import { expectDone, listOf, objectOf, pathOf, type RepositoryName, type Right, textOf } from './github-answer.ts'
import type { Ask } from './github-api.ts'

/** Webhooks of a repository: https://docs.github.com/rest/repos/webhooks */

export type Hook = {
  id: number
  url: string
  isActive: boolean
  events: string[]
  /** What our side answered the last delivery with; null when there was none, 0 when GitHub did not reach us. */
  lastStatus: number | null
}

export type HookSettings = { url: string; secret: string; events: readonly string[] }

const RIGHT: Right = { what: 'manage the webhooks', permission: 'Webhooks → Read and write' }
const PAGE = 100

/** @throws github_denied, github_unavailable */
export async function listHooks(ask: Ask, repository: RepositoryName, signal?: AbortSignal): Promise<Hook[]> {
  const hooks: Hook[] = []
  for (let page = 1; ; page++) {
    const answer = await ask('GET', `${pathOf(repository)}/hooks?per_page=${PAGE}&page=${page}`, signal)
    const part = listOf(expectDone(answer, repository, RIGHT).body).map(readHook)
    hooks.push(...part)
    if (part.length < PAGE) return hooks
  }
}

/** @throws github_denied, github_unavailable */
export async function createHook(ask: Ask, repository: RepositoryName, settings: HookSettings): Promise<void> {
  const body = { name: 'web', ...bodyOf(settings) }
  expectDone(await ask('POST', `${pathOf(repository)}/hooks`, undefined, body), repository, RIGHT)
}

/** @throws github_denied, github_unavailable */
export async function updateHook(
  ask: Ask,
  repository: RepositoryName,
  id: number,
  settings: HookSettings,
): Promise<void> {
  const answer = await ask('PATCH', `${pathOf(repository)}/hooks/${id}`, undefined, bodyOf(settings))
  expectDone(answer, repository, RIGHT)
}

/** Lets GitHub send a ping, which tells that we are reached. @throws github_denied, github_unavailable */
export async function pingHook(ask: Ask, repository: RepositoryName, id: number): Promise<void> {
  expectDone(await ask('POST', `${pathOf(repository)}/hooks/${id}/pings`), repository, RIGHT)
}

/** One that is not there is deleted. @throws github_denied, github_unavailable */
export async function deleteHook(ask: Ask, repository: RepositoryName, id: number): Promise<void> {
  const answer = await ask('DELETE', `${pathOf(repository)}/hooks/${id}`)
  if (answer.status !== 404) expectDone(answer, repository, RIGHT)
}

/** A repository as GitHub shows it; undefined where it is gone, or not for whoever asks. @throws github_denied, github_unavailable */
export async function findRepository(
  ask: Ask,
  repository: RepositoryName,
): Promise<{ isArchived: boolean } | undefined> {
  const answer = await ask('GET', pathOf(repository))
  if (answer.status === 404) return undefined
  const right = { what: 'read the settings', permission: 'Metadata → Read-only' }
  return { isArchived: objectOf(expectDone(answer, repository, right).body).archived === true }
}

const bodyOf = ({ url, secret, events }: HookSettings) => ({
  active: true,
  events,
  config: { url, secret, content_type: 'json', insecure_ssl: '0' },
})

function readHook(hook: Record<string, unknown>): Hook {
  const last = objectOf(hook.last_response)
  return {
    id: Number(hook.id),
    url: textOf(objectOf(hook.config).url),
    isActive: hook.active === true,
    events: Array.isArray(hook.events) ? hook.events.map(String) : [],
    lastStatus: typeof last.code === 'number' ? last.code : isUnused(last) ? null : 0,
  }
}

const isUnused = ({ status }: Record<string, unknown>) => status === undefined || status === null || status === 'unused'
