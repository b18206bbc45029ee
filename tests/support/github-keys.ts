import { type GithubRequest, lacking, type Reply, type Route, refused } from './github-route.ts'
import type { GithubState } from './github-state.ts'

let made = 0

/** Deploy keys: https://docs.github.com/rest/deploy-keys */
export const keyRoutes: Route[] = [
  {
    method: 'GET',
    path: /^keys$/,
    isOfRepository: true,
    answer: (request, state) =>
      lacking(request, state, 'administration', 'read') ?? { status: 200, body: state.keys[request.repository] ?? [] },
  },
  {
    method: 'POST',
    path: /^keys$/,
    isOfRepository: true,
    answer: (request, state) => lacking(request, state, 'administration') ?? addKey(request, state),
  },
  {
    method: 'DELETE',
    path: /^keys\/(\d+)$/,
    isOfRepository: true,
    answer(request, state) {
      const refusal = lacking(request, state, 'administration')
      if (refusal) return refusal
      const keys = state.keys[request.repository] ?? []
      const rest = keys.filter((it) => it.id !== Number(request.params[0]))
      if (rest.length === keys.length) return refused(404, 'Not Found')
      state.keys[request.repository] = rest
      state.onKeys(state.keys)
      return { status: 204 }
    },
  },
]

function addKey({ repository, body }: GithubRequest, state: GithubState): Reply {
  const { title, key, read_only } = body ?? {}
  if (typeof title !== 'string' || !/^ssh-ed25519 AAAA[\w+/=]+$/.test(key))
    return refused(422, 'Validation Failed', [{ resource: 'PublicKey', field: 'key', message: 'key is invalid' }])
  if (read_only !== true) state.violations.push('a deploy key that may write was added')
  if (
    Object.values(state.keys)
      .flat()
      .some((it) => it.key === key)
  )
    return refused(422, 'Validation Failed', [
      { resource: 'PublicKey', field: 'key', message: 'key is already in use' },
    ])
  made += 1
  const added = { id: made, title, key, read_only: read_only === true }
  state.keys[repository] = [...(state.keys[repository] ?? []), added]
  state.onKeys(state.keys)
  return { status: 201, body: added }
}
