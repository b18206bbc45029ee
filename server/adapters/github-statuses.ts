import { expectDone, listOf, objectOf, pathOf, type RepositoryName, textOf } from './github-answer.ts'
import type { Ask } from './github-api.ts'

/** What GitHub shows beside a commit: https://docs.github.com/rest/commits/statuses and …/rest/deployments */

export type CommitStatus = {
  state: 'pending' | 'success' | 'failure' | 'error'
  context: string
  description: string
  targetUrl: string
}

export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive'

export type DeploymentReport = {
  state: DeploymentState
  description: string
  logUrl: string
  environmentUrl?: string | undefined
}

/** GitHub takes no more characters of a description. */
const LONGEST = 140
const STATUSES = { what: 'set commit statuses', permission: 'Commit statuses → Read and write' }
const DEPLOYMENTS = { what: 'manage the deployments', permission: 'Deployments → Read and write' }

const short = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text)

/** @throws github_denied, github_unavailable */
export async function setCommitStatus(
  ask: Ask,
  repository: RepositoryName,
  sha: string,
  { state, context, description, targetUrl }: CommitStatus,
): Promise<void> {
  const body = { state, context, description: short(description), target_url: targetUrl }
  expectDone(await ask('POST', `${pathOf(repository)}/statuses/${sha}`, undefined, body), repository, STATUSES)
}

/** Answers the deployment's id. By the `mark` it is known again. @throws github_denied, github_unavailable */
export async function createDeployment(
  ask: Ask,
  repository: RepositoryName,
  { sha, environment, mark, isTransient }: { sha: string; environment: string; mark: string; isTransient: boolean },
): Promise<number> {
  const answer = await ask('POST', `${pathOf(repository)}/deployments`, undefined, {
    ref: sha,
    environment,
    description: 'Slipway',
    payload: { slipway: mark },
    auto_merge: false,
    required_contexts: [],
    transient_environment: isTransient,
    production_environment: false,
  })
  return Number(objectOf(expectDone(answer, repository, DEPLOYMENTS).body).id)
}

/** A success makes the earlier deployments of the environment inactive. @throws github_denied, github_unavailable */
export async function setDeploymentStatus(
  ask: Ask,
  repository: RepositoryName,
  id: number,
  { state, description, logUrl, environmentUrl }: DeploymentReport,
): Promise<void> {
  const body = {
    state,
    description: short(description),
    log_url: logUrl,
    auto_inactive: true,
    ...(environmentUrl !== undefined && { environment_url: environmentUrl }),
  }
  const answer = await ask('POST', `${pathOf(repository)}/deployments/${id}/statuses`, undefined, body)
  expectDone(answer, repository, DEPLOYMENTS)
}

/** The newest deployments of an environment that have our mark, newest first. @throws github_denied, github_unavailable */
export async function listDeployments(
  ask: Ask,
  repository: RepositoryName,
  environment: string,
  mark: string,
): Promise<{ id: number; sha: string }[]> {
  const query = `environment=${encodeURIComponent(environment)}&per_page=10`
  const answer = await ask('GET', `${pathOf(repository)}/deployments?${query}`)
  const list = listOf(expectDone(answer, repository, DEPLOYMENTS).body)
  const ours = list.filter(({ payload }) => objectOf(payload).slipway === mark)
  return ours.map(({ id, sha }) => ({ id: Number(id), sha: textOf(sha) }))
}
