import { forgetGithubToken, keepGithubToken } from '../../deploy/github-token.ts'
import type { Deps } from '../../deps.ts'
import type { App } from '../app-type.ts'
import { noteVisitor } from '../audit.ts'
import { GithubTokenInput } from '../schemas.ts'
import { ConnectionTestView } from '../views.ts'

/** A token that is given here instead of in the environment. It is never answered again. */
export function githubTokenRoutes(app: App, deps: Deps): void {
  app.put(
    '/api/connections/github',
    {
      config: { access: 'session' },
      schema: {
        summary: 'Test a GitHub token, and keep it when GitHub accepts it',
        body: GithubTokenInput,
        response: { 200: ConnectionTestView },
      },
    },
    async (request) => {
      const tested = await keepGithubToken(deps, request.body.token)
      deps.events.publish({ type: 'changed', what: 'github' })
      await noteVisitor(deps, request, 'github-token.kept')
      return tested
    },
  )

  app.delete(
    '/api/connections/github',
    { config: { access: 'session' }, schema: { summary: 'Forget the GitHub token that was given here' } },
    async (request, reply) => {
      await forgetGithubToken(deps)
      deps.events.publish({ type: 'changed', what: 'github' })
      await noteVisitor(deps, request, 'github-token.forgotten')
      return reply.status(204).send()
    },
  )
}
