import { listDeliveries } from '../../db/deliveries.ts'
import { listLedger } from '../../db/ledger.ts'
import { findRelease, listReleases, listSpans, listSteps, type Release, type Span } from '../../db/releases.ts'
import { openEnv } from '../../deploy/context.ts'
import { findIdleSteps } from '../../deploy/idle-steps.ts'
import { pipeline } from '../../deploy/pipeline.ts'
import { isPolled } from '../../deploy/poll.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { App } from '../app-type.ts'
import { IdParams } from '../schemas.ts'
import { Type } from '../type.ts'
import { DeliveriesView, EnvView, LedgerView, ReleaseView, StatusView, type StepView } from '../views.ts'
import { deploymentOf } from './deployments.ts'

/** Older ones are of no use to whoever wonders why a push was not deployed. */
const MOST_DELIVERIES = 20
export const MASKED = '••••••'

/** What there is to read about one deployment: history, variables, effects and progress. */
export function deploymentDetailRoutes(app: App, deps: Deps): void {
  app.get(
    '/api/deployments/:id/releases',
    {
      schema: {
        summary: 'Its releases, newest first',
        params: IdParams,
        response: { 200: Type.Object({ releases: Type.Array(ReleaseView) }) },
      },
    },
    async (request) => {
      const { id } = await deploymentOf(deps, request.params.id)
      const spans = await listSpans(deps.db, id)
      return { releases: (await listReleases(deps.db, id)).map((it) => showRelease(it, spans.get(it.number))) }
    },
  )

  app.get(
    '/api/deployments/:id/env',
    {
      schema: {
        summary: 'Its variables; secret values are masked',
        params: IdParams,
        response: { 200: Type.Object({ env: Type.Array(EnvView) }) },
      },
    },
    async (request) => {
      const { id, env } = await deploymentOf(deps, request.params.id)
      return { env: openEnv(deps, id, env).map((it) => (it.secret ? { ...it, value: MASKED } : it)) }
    },
  )

  app.get(
    '/api/deployments/:id/ledger',
    {
      schema: {
        summary: 'Everything it made on this machine and outside',
        params: IdParams,
        response: { 200: Type.Object({ entries: Type.Array(LedgerView) }) },
      },
    },
    async (request) => {
      const { id } = await deploymentOf(deps, request.params.id)
      const entries = await listLedger(deps.db, id)
      return { entries: entries.map(({ error, ...entry }) => ({ ...entry, ...(error !== null && { error }) })) }
    },
  )

  app.get(
    '/api/deployments/:id/deliveries',
    {
      schema: {
        summary: 'What GitHub told of its repository, and what came of it; newest first',
        params: IdParams,
        response: { 200: DeliveriesView },
      },
    },
    async (request) => {
      const deployment = await deploymentOf(deps, request.params.id)
      const deliveries = await listDeliveries(deps.db, deployment.id, MOST_DELIVERIES)
      return {
        deliveries: deliveries.map(({ deploymentId: _, pushedAt: __, digest: ___, ...it }) => it),
        isPolled: deps.config.githubPollSeconds > 0 && isPolled(deployment),
      }
    },
  )

  app.get(
    '/api/status/:id',
    {
      schema: {
        summary: 'How far the newest release is',
        params: IdParams,
        querystring: Type.Object({ release: Type.Optional(Type.Integer({ minimum: 1 })) }),
        response: { 200: StatusView },
      },
    },
    async (request): Promise<StatusView> => {
      const { id, status, error } = await deploymentOf(deps, request.params.id)
      const release = await chooseRelease(deps, id, request.query.release)
      const steps = await showSteps(deps, release)
      return {
        status,
        release: release?.number ?? null,
        releaseStatus: release?.status ?? null,
        step: currentOf(steps)?.name ?? null,
        steps,
        ...(error && { error }),
      }
    },
  )
}

const showRelease = (
  { number, status, commit, imageFrom, recipe, cause, dropped, createdAt, updatedAt }: Release,
  { failure, ...span }: Span = { startedAt: null, endedAt: null, failure: null },
): ReleaseView => ({
  release: number,
  status,
  commit,
  rolledBackTo: imageFrom,
  cause,
  failure: failure ?? dropped,
  template: recipe?.template ?? null,
  createdAt,
  updatedAt,
  ...span,
})

/** The one asked for, else the newest. @throws not_found */
async function chooseRelease(deps: Deps, id: string, asked: number | undefined): Promise<Release | undefined> {
  if (asked === undefined) return (await listReleases(deps.db, id))[0]
  const release = await findRelease(deps.db, id, asked)
  if (!release) throw new AppError('not_found', `There is no release ${asked}.`, { field: 'release' })
  return release
}

/** Every step of the pipeline, those that have not begun as `pending`. */
async function showSteps({ db }: Deps, release: Release | undefined): Promise<StepView[]> {
  const begun = release ? await listSteps(db, release.deploymentId, release.number) : []
  const idle = release ? await findIdleSteps(db, release) : new Set()
  return pipeline.map(({ name }) => {
    const { state, startedAt, endedAt, error } = begun.find((it) => it.name === name) ?? NOT_BEGUN
    const isOver = state === 'done' || state === 'undone'
    return { name, state, isNeeded: !(isOver && idle.has(name)), startedAt, endedAt, ...(error && { error }) }
  })
}

const NOT_BEGUN = { state: 'pending', startedAt: null, endedAt: null, error: null } as const

/** The step that works, or is being undone, else the one that failed. */
const currentOf = (steps: StepView[]) =>
  steps.find((it) => it.state === 'running') ??
  steps.find((it) => it.state === 'undoing') ??
  steps.findLast((it) => it.state === 'failed')
