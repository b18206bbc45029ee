import { listAuditOf } from '../../db/audit.ts'
import { compareRelease, pendingChanges } from '../../deploy/compare.ts'
import type { Deps } from '../../deps.ts'
import type { App } from '../app-type.ts'
import { IdParams } from '../schemas.ts'
import { Type } from '../type.ts'
import { DifferenceView, EnvHistoryView } from '../views.ts'
import { deploymentOf } from './deployments.ts'

const MOST_ENTRIES = 500
const OF_PREVIEWS = 'deployment.preview-env'

/** What would change, what waits to be deployed, and who changed what. */
export function changeRoutes(app: App, deps: Deps): void {
  app.get(
    '/api/deployments/:id/releases/:release/difference',
    {
      schema: {
        summary: 'What a rollback to a release would change',
        params: Type.Object({ ...IdParams.properties, release: Type.Integer({ minimum: 1 }) }),
        response: { 200: Type.Object({ difference: DifferenceView }) },
      },
    },
    async (request) => {
      const deployment = await deploymentOf(deps, request.params.id)
      return { difference: await compareRelease(deps, deployment, request.params.release) }
    },
  )

  app.get(
    '/api/deployments/:id/pending',
    {
      schema: {
        summary: 'Changes that wait for the next deploy',
        params: IdParams,
        response: { 200: Type.Object({ difference: Type.Union([DifferenceView, Type.Null()]) }) },
      },
    },
    async (request) => ({ difference: await pendingChanges(deps, await deploymentOf(deps, request.params.id)) }),
  )

  app.get(
    '/api/deployments/:id/env/history',
    {
      schema: {
        summary: 'Who changed which variables, newest first; no values',
        params: IdParams,
        response: { 200: Type.Object({ entries: Type.Array(EnvHistoryView) }) },
      },
    },
    async (request) => {
      const { id } = await deploymentOf(deps, request.params.id)
      const actions = ['deployment.create', 'deployment.change', OF_PREVIEWS]
      const rows = await listAuditOf(deps.db, { target: id, actions, limit: MOST_ENTRIES })
      const entries = rows.map(({ at, actor, action, detail }) => {
        const of = action === OF_PREVIEWS ? ('previews' as const) : ('app' as const)
        return { at, actor, of, ...variablesIn(detail) }
      })
      return { entries: entries.filter(hasAny) }
    },
  )
}

/** Entries of older versions say `variables` of everything that changed. */
function variablesIn(detail: string) {
  const {
    variablesAdded: added = [],
    variablesChanged,
    variablesRemoved: removed = [],
    variables = [],
  } = JSON.parse(detail)
  return { added, changed: variablesChanged ?? variables, removed }
}

const hasAny = ({ added, changed, removed }: ReturnType<typeof variablesIn>) =>
  added.length + changed.length + removed.length > 0
