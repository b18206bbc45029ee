import { type DeployKey, listDeployKeys } from '../../db/deploy-keys.ts'
import { dropDeployKey, makeDeployKey } from '../../deploy/deploy-keys.ts'
import type { Deps } from '../../deps.ts'
import type { App } from '../app-type.ts'
import { noteVisitor } from '../audit.ts'
import { IdParams, RepositoryInput } from '../schemas.ts'
import { Type } from '../type.ts'
import { DeployKeyView } from '../views.ts'

const One = Type.Object({ deployKey: DeployKeyView })

/** SSH keys that read one repository each. The private part never leaves. */
export function deployKeyRoutes(app: App, deps: Deps): void {
  app.get(
    '/api/deploy-keys',
    {
      schema: {
        summary: 'The deploy keys, oldest first',
        response: { 200: Type.Object({ deployKeys: Type.Array(DeployKeyView) }) },
      },
    },
    async () => ({ deployKeys: (await listDeployKeys(deps.db)).map(present) }),
  )

  app.post(
    '/api/deploy-keys',
    {
      schema: {
        summary: 'Make an SSH key that is to read one repository',
        body: RepositoryInput,
        response: { 201: One },
      },
    },
    async (request, reply) => {
      const key = await makeDeployKey(deps, request.body.githubUrl)
      deps.events.publish({ type: 'changed', what: 'github' })
      await noteVisitor(deps, request, 'deploy-key.created', { target: key.id, detail: { githubUrl: key.githubUrl } })
      return reply.status(201).send({ deployKey: present(key) })
    },
  )

  app.delete(
    '/api/deploy-keys/:id',
    { schema: { summary: 'Delete a deploy key that no deployment has', params: IdParams } },
    async (request, reply) => {
      const { id, githubUrl } = await dropDeployKey(deps, request.params.id)
      deps.events.publish({ type: 'changed', what: 'github' })
      await noteVisitor(deps, request, 'deploy-key.deleted', { target: id, detail: { githubUrl } })
      return reply.status(204).send()
    },
  )
}

const present = ({ id, githubUrl, publicKey, deploymentId, createdAt }: DeployKey): DeployKeyView => ({
  id,
  githubUrl,
  publicKey,
  addAt: `${githubUrl}/settings/keys/new`,
  deploymentId,
  createdAt,
})
