import { deleteApp, readApp, saveApp } from '../../db/github-app.ts'
import { describeApp, startApp } from '../../deploy/github-app.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { App } from '../app-type.ts'
import { noteVisitor } from '../audit.ts'
import { visitorOf } from '../auth.ts'
import { createOneTimeStates } from '../one-time-states.ts'
import { GithubAppInput } from '../schemas.ts'
import { Type } from '../type.ts'
import { GithubAppView, ManifestView } from '../views.ts'

/** Where the UI shows what came of it, behind `?github=`. */
const PAGE = '/settings/connections'

/**
 * The GitHub App: the UI posts a manifest to GitHub as a form, GitHub makes the App and sends the browser back with a
 * code, and the code is exchanged for the App's key.
 */
export function githubAppRoutes(app: App, deps: Deps): void {
  const states = createOneTimeStates()

  app.get(
    '/api/github/app',
    { schema: { summary: 'The GitHub App and where it is installed', response: { 200: GithubAppView } } },
    () => describeApp(deps),
  )

  app.post(
    '/api/github/app',
    {
      config: { access: 'session' },
      schema: {
        summary: 'What a browser posts to GitHub to make the App',
        body: GithubAppInput,
        response: { 200: ManifestView },
      },
    },
    async (request) => {
      const issue = () => states.issue(visitorOf(request).credential.id)
      return startApp(deps, request.body.organization, issue)
    },
  )

  app.get(
    '/api/github/app/callback',
    {
      config: { access: 'session' },
      schema: {
        summary: 'Where GitHub sends the browser back to',
        querystring: Type.Object({
          code: Type.String({ minLength: 1, maxLength: 200 }),
          state: Type.String({ minLength: 1, maxLength: 200 }),
        }),
      },
    },
    async (request, reply) => {
      const { code, state } = request.query
      if (!states.redeem(state, visitorOf(request).credential.id)) return reply.redirect(`${PAGE}?github=expired`, 303)
      try {
        const made = await deps.githubApp.exchange(code)
        await saveApp(deps, made)
        deps.events.publish({ type: 'changed', what: 'github' })
        await noteVisitor(deps, request, 'github-app.created', { target: made.slug, detail: { name: made.name } })
        return reply.redirect(`${PAGE}?github=connected`, 303)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        deps.log.warn({ code: error.code }, `the GitHub App was not connected: ${error.message}`)
        return reply.redirect(`${PAGE}?github=${error.code}`, 303)
      }
    },
  )

  app.delete(
    '/api/github/app',
    {
      config: { access: 'session' },
      schema: { summary: 'Forget the GitHub App and its key; at GitHub it stays until its owner deletes it' },
    },
    async (request, reply) => {
      const known = await readApp(deps)
      if (!known) throw new AppError('not_found', 'There is no GitHub App: it was forgotten already.')
      await deleteApp(deps)
      deps.events.publish({ type: 'changed', what: 'github' })
      await noteVisitor(deps, request, 'github-app.deleted', { target: known.slug, detail: { name: known.name } })
      return reply.status(204).send()
    },
  )
}
