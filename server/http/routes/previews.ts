import { type Deployment, updateDeployment } from '../../db/deployments.ts'
import type { Db } from '../../db/schema.ts'
import { sealEnv } from '../../deploy/context.ts'
import { approve } from '../../deploy/previews/approve.ts'
import { previewEnv } from '../../deploy/previews/settings.ts'
import type { Queue } from '../../deploy/queue.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { App } from '../app-type.ts'
import { noteVisitor } from '../audit.ts'
import { changedVariables } from '../changed-variables.ts'
import { checkEnv } from '../check-input.ts'
import { presentAll, presentDeployment } from '../present.ts'
import { ApproveInput, IdParams, PreviewEnvInput } from '../schemas.ts'
import { Type } from '../type.ts'
import { DeploymentView, EnvView } from '../views.ts'
import { MASKED } from './deployment-details.ts'
import { deploymentOf } from './deployments.ts'

const PreviewEnv = Type.Object({
  /** Whether it was set for the previews; else it is the app's own without what is secret. */
  isOwn: Type.Boolean(),
  env: Type.Array(EnvView),
})

/** An app, not a preview of one. @throws not_found, not_possible_now */
async function appOf(deps: { db: Db }, id: string): Promise<Deployment> {
  const app = await deploymentOf(deps, id)
  if (app.previewOf === null) return app
  throw new AppError('not_possible_now', 'This is a preview itself. Ask for those of its app.')
}

/** The previews of an app's pull requests: which there are, what they may know, and which commit of a fork may run. */
export function previewRoutes(app: App, deps: Deps, queue: Queue): void {
  app.get(
    '/api/deployments/:id/previews',
    {
      schema: {
        summary: 'The previews of its pull requests, also those that wait',
        params: IdParams,
        response: { 200: Type.Object({ previews: Type.Array(DeploymentView) }) },
      },
    },
    async (request) => {
      const { id } = await appOf(deps, request.params.id)
      return { previews: (await presentAll(deps)).filter((it) => it.previewOf === id) }
    },
  )

  app.get(
    '/api/deployments/:id/preview-env',
    {
      schema: {
        summary: 'The variables of its previews; secret values are masked',
        params: IdParams,
        response: { 200: PreviewEnv },
      },
    },
    async (request) => showEnv(deps, await appOf(deps, request.params.id)),
  )

  app.put(
    '/api/deployments/:id/preview-env',
    {
      schema: {
        summary:
          'Set the variables of its previews, from their next release on; null: the app’s own without the secret ones',
        params: IdParams,
        body: PreviewEnvInput,
        response: { 200: PreviewEnv },
      },
    },
    async (request) => {
      const { id } = request.params
      const { stored, after } = await deps.db.transaction().execute(async (db) => {
        const stored = previewEnv(deps, await appOf({ db }, id), { isFork: false })
        const env = request.body.env === null ? null : checkEnv(request.body.env, stored)
        await updateDeployment(db, id, { previewEnv: env && sealEnv(deps, id, env) })
        return { stored, after: await appOf({ db }, id) }
      })
      await noteVisitor(deps, request, 'deployment.preview-env', {
        target: id,
        detail: changedVariables(stored, previewEnv(deps, after, { isFork: false })),
      })
      return showEnv(deps, after)
    },
  )

  app.post(
    '/api/deployments/:id/approve',
    {
      config: { access: 'session' },
      schema: {
        summary: 'Let one commit of a fork’s pull request run as a preview',
        params: IdParams,
        body: ApproveInput,
        response: { 202: Type.Object({ deployment: DeploymentView }) },
      },
    },
    async (request, reply) => {
      const preview = await deploymentOf(deps, request.params.id)
      await approve(deps, queue, preview, request.body.sha)
      await noteVisitor(deps, request, 'deployment.approve', { target: preview.id, detail: request.body })
      return reply.status(202).send({ deployment: await presentDeployment(deps, await deploymentOf(deps, preview.id)) })
    },
  )
}

function showEnv(deps: Deps, app: Deployment) {
  const env = previewEnv(deps, app, { isFork: false })
  return { isOwn: app.previewEnv !== null, env: env.map((it) => (it.secret ? { ...it, value: MASKED } : it)) }
}
