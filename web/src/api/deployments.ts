import type { ChangeInput, CreateInput } from '../../../server/http/schemas.ts'
import type {
  AvailabilityView,
  CatalogView,
  DeliveriesView,
  DeploymentView,
  DifferenceView,
  EnvHistoryView,
  EnvView,
  LedgerView,
  LogLineView,
  PlanView,
  ReceiptView,
  ReleaseView,
  RepositoryView,
  StatusView,
} from '../../../server/http/views.ts'
import { request } from './client.ts'

type Signal = AbortSignal | undefined
type One = { deployment: DeploymentView }
export type Action = 'redeploy' | 'rebuild' | 'stop' | 'start' | 'restart' | 'cancel' | 'retry'

const at = (id: string, rest = '') => `/api/deployments/${encodeURIComponent(id)}${rest}`
const deploymentOf = ({ deployment }: One) => deployment

export const listDeployments = (signal?: Signal) =>
  request<{ deployments: DeploymentView[] }>('GET', '/api/deployments', { signal }).then((it) => it.deployments)
export const getDeployment = (id: string, signal?: Signal) => request<One>('GET', at(id), { signal }).then(deploymentOf)
export const createDeployment = (body: CreateInput) =>
  request<One>('POST', '/api/deployments', { body }).then(deploymentOf)
export const changeDeployment = (id: string, body: ChangeInput) =>
  request<One>('PATCH', at(id), { body }).then(deploymentOf)
export const deleteDeployment = (id: string, keepVolumes: boolean) =>
  request<One>('DELETE', at(id), { query: { volumes: keepVolumes ? 'keep' : 'remove' } }).then(deploymentOf)
export const act = (id: string, action: Action) =>
  (action === 'rebuild'
    ? request<One>('POST', at(id, '/redeploy'), { query: { rebuild: 'true' } })
    : request<One>('POST', at(id, `/${action}`))
  ).then(deploymentOf)
export const rollBack = (id: string, release: number) =>
  request<One>('POST', at(id, '/rollback'), { body: { release } }).then(deploymentOf)

/** What a rollback to the release would change. */
export const getDifference = (id: string, release: number, signal?: Signal) =>
  request<{ difference: DifferenceView }>('GET', at(id, `/releases/${release}/difference`), { signal }).then(
    (it) => it.difference,
  )
/** What waits for the next deploy; null when nothing does. */
export const getPending = (id: string, signal?: Signal) =>
  request<{ difference: DifferenceView | null }>('GET', at(id, '/pending'), { signal }).then((it) => it.difference)
export const getEnvHistory = (id: string, signal?: Signal) =>
  request<{ entries: EnvHistoryView[] }>('GET', at(id, '/env/history'), { signal }).then((it) => it.entries)

/** What GitHub told of its repository, and what came of it; newest first. */
export const getDeliveries = (id: string, signal?: Signal) =>
  request<DeliveriesView>('GET', at(id, '/deliveries'), { signal })

/** `isOwn`: set for the previews; else it is the app's own without what is secret. */
type PreviewEnv = { isOwn: boolean; env: EnvView[] }
export const getPreviewEnv = (id: string, signal?: Signal) =>
  request<PreviewEnv>('GET', at(id, '/preview-env'), { signal })
export const setPreviewEnv = (id: string, env: CreateInput['env'] | null) =>
  request<PreviewEnv>('PUT', at(id, '/preview-env'), { body: { env } })
/** Lets this one commit of a fork run. */
export const approvePreview = (id: string, sha: string) =>
  request<One>('POST', at(id, '/approve'), { body: { sha } }).then(deploymentOf)

export const getReleases = (id: string, signal?: Signal) =>
  request<{ releases: ReleaseView[] }>('GET', at(id, '/releases'), { signal }).then((it) => it.releases)
export const getEnv = (id: string, signal?: Signal) =>
  request<{ env: EnvView[] }>('GET', at(id, '/env'), { signal }).then((it) => it.env)
export const getLedger = (id: string, signal?: Signal) =>
  request<{ entries: LedgerView[] }>('GET', at(id, '/ledger'), { signal }).then((it) => it.entries)
/** The steps of a release, by default the newest. */
export const getStatus = (id: string, release?: number, signal?: Signal) =>
  request<StatusView>('GET', `/api/status/${encodeURIComponent(id)}`, { query: { release }, signal })

/** Up to `limit` lines after `after`, or of a build the last ones below `before`; oldest first. `next` is what to ask after next. */
export const getLog = (
  id: string,
  query: { kind: 'build' | 'runtime'; release?: number | undefined; after?: number; before?: number; limit?: number },
  signal?: Signal,
) => request<{ lines: LogLineView[]; next: number }>('GET', `/api/logs/${encodeURIComponent(id)}`, { query, signal })

export const inspectRepository = (githubUrl: string, signal?: Signal) =>
  request<RepositoryView>('POST', '/api/repository', { body: { githubUrl }, signal })
export const checkSubdomain = (subdomain: string, signal?: Signal) =>
  request<AvailabilityView>('GET', `/api/domains/${encodeURIComponent(subdomain)}`, { signal })
/** What a deploy would make. Clones the repository to find out, so it takes a moment. */
export const makePlan = (body: CreateInput, signal?: Signal) => request<PlanView>('POST', '/api/plan', { body, signal })
export const getCatalog = (signal?: Signal) => request<CatalogView>('GET', '/api/templates', { signal })

export const getReceipt = (id: string, signal?: Signal) =>
  request<{ receipt: ReceiptView }>('GET', `/api/receipts/${encodeURIComponent(id)}`, { signal }).then(
    (it) => it.receipt,
  )
