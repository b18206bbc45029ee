import { lacking, type Route, refused } from './github-route.ts'

/** The token's user, and what answers to a try of each permission that no other route answers. */
export const accountRoutes: Route[] = [
  {
    method: 'GET',
    path: /^\/user$/,
    answer: ({ actor }) =>
      actor.kind === 'token'
        ? { status: 200, body: { login: 'octocat', id: 1, type: 'User' } }
        : refused(403, 'Resource not accessible by integration'),
  },
  {
    method: 'GET',
    path: /^\/user\/repos$/,
    answer({ query }, { repositories, violations }) {
      if (query.get('visibility') !== 'private') violations.push('GET /user/repos: public ones prove nothing')
      return { status: 200, body: repositories.map((it) => ({ ...it, private: true })) }
    },
  },
]

const probe = (method: string, path: RegExp, key: string, message: string): Route => ({
  method,
  path,
  isOfRepository: true,
  answer: (request, state) => lacking(request, state, key) ?? refused(422, message),
})

/** What a try of a permission asks for. Other routes for the same paths come before these. */
export const probeRoutes: Route[] = [
  {
    method: 'GET',
    path: /^commits$/,
    isOfRepository: true,
    answer: (request, state) =>
      lacking(request, state, 'contents', 'read') ?? { status: 200, body: [{ sha: 'a'.repeat(40) }] },
  },
  {
    method: 'POST',
    path: /^statuses\/([0-9a-f]{40})$/,
    isOfRepository: true,
    answer(request, state) {
      if (!['error', 'failure', 'pending', 'success'].includes(request.body?.state)) return refused(422, 'Invalid')
      const refusal = lacking(request, state, 'statuses')
      if (refusal) return refusal
      if (request.params[0] === '0'.repeat(40)) return refused(422, `No commit found for SHA: ${request.params[0]}`)
      if (request.body.context === 'slipway-permission-check')
        state.violations.push(`a status was set: ${request.path}`)
      return { status: 201, body: { state: request.body.state, context: request.body.context } }
    },
  },
  probe('POST', /^hooks$/, 'repository_hooks', 'Validation Failed'),
  probe('POST', /^deployments$/, 'deployments', 'No ref found'),
  probe('POST', /^pulls$/, 'pull_requests', 'Validation Failed'),
]
