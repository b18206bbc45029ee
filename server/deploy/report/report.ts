import {
  type CommitStatus,
  createDeployment,
  type DeploymentState,
  listDeployments,
  setCommitStatus,
  setDeploymentStatus,
} from '../../adapters/github-statuses.ts'
import { type Deployment, findDeployment } from '../../db/deployments.ts'
import { findRelease, type Release } from '../../db/releases.ts'
import type { StoredError } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { hostnameOf } from '../../names.ts'
import { addressOf } from '../address.ts'
import { type RepositoryApi, repositoryApi } from '../repository-api.ts'

/** What is told of a deployment, or of one release of it. */
export type News = { deployment: string } & (
  | { kind: 'begun' | 'live'; release: number }
  | { kind: 'failed'; release: number; error?: StoredError }
  /** As it was when its removal began. */
  | { kind: 'gone'; row: Promise<Deployment | undefined> }
)

type Words = { status: CommitStatus['state']; deployment: DeploymentState; description: string }

/** Tells GitHub one piece of news; nothing where nobody may. @throws github_denied, github_unavailable */
export type Report = (news: News) => Promise<void>

export function createReport(deps: Deps): Report {
  /** GitHub's ids of what it was told of since the start, by deployment and release. */
  const ids = new Map<string, number>()

  async function tell(api: RepositoryApi, deployment: Deployment, release: Release, words: Words): Promise<void> {
    const { ask, repository } = api
    const sha = release.commit?.sha ?? release.cause.sha
    if (sha === undefined) return
    const { status: state, description } = words
    const logUrl = logUrlOf(deps, release)
    const place = placeOf(deps, release.subdomain)
    await setCommitStatus(ask, repository, sha, { state, context: place, description, targetUrl: logUrl })
    const key = `${deployment.id} ${release.number}`
    const id =
      ids.get(key) ?? (await createDeployment(ask, repository, { sha, environment: place, ...markOf(deployment) }))
    if (words.deployment === 'in_progress') ids.set(key, id)
    else ids.delete(key)
    await setDeploymentStatus(ask, repository, id, {
      state: words.deployment,
      description,
      logUrl,
      environmentUrl: addressOf(deps, release.subdomain) ?? undefined,
    })
  }

  return async (news) => {
    const deployment = await (news.kind === 'gone' ? news.row : findDeployment(deps.db, news.deployment))
    const api = deployment && (await repositoryApi(deps, deployment))
    if (!api) return
    if (news.kind === 'gone') return await retire(api, deps, deployment)
    const release = await findRelease(deps.db, deployment.id, news.release)
    if (release) await tell(api, deployment, release, wordsOf(deps, news, release))
  }
}

/** What a commit's status and the environment are called: others have ones of their own, such as `staging` of Actions. */
const placeOf = ({ config }: Deps, subdomain: string) => `slipway/${hostnameOf(config.domain, subdomain)}`

const markOf = ({ id, previewOf }: Deployment) => ({ mark: id, isTransient: previewOf !== null })

function logUrlOf({ config }: Deps, { deploymentId, number }: Release): string {
  return `${config.publicUrl}/apps/${deploymentId}/logs?kind=build&release=${number}`
}

/** No more of an error than where it was: who reads the repository may not be who reads the log. */
function wordsOf({ config }: Deps, news: News, { subdomain, number }: Release): Words {
  if (news.kind === 'begun') {
    return { status: 'pending', deployment: 'in_progress', description: `Release ${number} is on its way.` }
  }
  if (news.kind === 'live') {
    const url = addressOf({ config }, subdomain)
    return { status: 'success', deployment: 'success', description: `Live${url === null ? '' : ` at ${url}`}` }
  }
  const error = news.kind === 'failed' ? news.error : undefined
  if (error?.code === 'superseded') {
    return { status: 'error', deployment: 'inactive', description: 'Superseded by a newer push.' }
  }
  if (error?.code === 'cancelled') {
    return { status: 'error', deployment: 'inactive', description: 'The deploy was cancelled.' }
  }
  const at = error?.step === undefined ? '' : ` at ${error.step}`
  return { status: 'failure', deployment: 'failure', description: `The deploy failed${at}. The log says why.` }
}

/** The app goes: nothing of ours in its environment is active any more. */
async function retire({ ask, repository }: RepositoryApi, deps: Deps, { id, subdomain }: Deployment): Promise<void> {
  const logUrl = `${deps.config.publicUrl}/receipts/${id}`
  for (const deployment of await listDeployments(ask, repository, placeOf(deps, subdomain), id)) {
    await setDeploymentStatus(ask, repository, deployment.id, {
      state: 'inactive',
      description: 'The app was removed.',
      logUrl,
    })
  }
}
