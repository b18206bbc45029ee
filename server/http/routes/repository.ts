import { inspectRepository } from '../../deploy/inspect-repository.ts'
import type { Deps } from '../../deps.ts'
import type { App } from '../app-type.ts'
import { RepositoryInput } from '../schemas.ts'
import type { Slots } from '../slots.ts'
import { untilGone } from '../until-gone.ts'
import { RepositoryView } from '../views.ts'

/** What a form needs to know about a repository before it is deployed. `looks` limits how many are asked at once. */
export function repositoryRoutes(app: App, deps: Deps, looks: Slots): void {
  app.post(
    '/api/repository',
    {
      schema: {
        summary: 'What a typed repository is: its branches, whether it is private, and a free subdomain',
        body: RepositoryInput,
        response: { 200: RepositoryView },
      },
    },
    async (request, reply) => {
      const gone = untilGone(reply)
      return looks(gone, () => inspectRepository(deps, request.body.githubUrl, gone))
    },
  )
}
