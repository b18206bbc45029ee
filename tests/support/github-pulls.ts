import { createHmac, randomUUID } from 'node:crypto'
import { type GithubRequest, lacking, type Reply, type Route, refused } from './github-route.ts'
import type { GithubState } from './github-state.ts'
import { pullRequestEvent, pullRequestJson, type Wanted } from './pull-request.ts'

type Pull = ReturnType<typeof pullRequestJson>
/** `on` is `owner/name#number`. */
type Comment = { id: number; on: string; body: string }
type Hook = { id: number; of: string; active: boolean; events: string[]; config: { url: string; secret: string } }

/** What GitHub knows about pull requests. */
export type Pulls = { list: Pull[]; comments: Comment[]; hooks: Hook[]; ids: number }

export const newPulls = (): Pulls => ({ list: [], comments: [], hooks: [], ids: 0 })

/** Opens, pushes to or closes a pull request, and tells the repository's webhooks. Answers what they replied. */
export async function happen({ pulls }: GithubState, action: string, wanted: Wanted) {
  const pull = { ...pullRequestJson(wanted), state: action === 'closed' ? 'closed' : 'open' }
  const at = pulls.list.findIndex((it) => isPull(it, wanted.base, wanted.number))
  if (at < 0) pulls.list.push(pull)
  else pulls.list[at] = pull
  const text = JSON.stringify(pullRequestEvent(action, wanted))
  const hears = (it: Hook) => it.of === wanted.base && it.active && it.events.includes('pull_request')
  return Promise.all(pulls.hooks.filter(hears).map((hook) => tell(hook, text)))
}

async function tell({ config }: Hook, text: string): Promise<{ status: number; body: any }> {
  const signature = createHmac('sha256', config.secret).update(text).digest('hex')
  const response = await fetch(config.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'pull_request',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${signature}`,
    },
    body: text,
  })
  return { status: response.status, body: await response.json() }
}

const isPull = (it: Pull, of: string, number: number) => it.base.repo.full_name === of && it.number === number

type Answer = (request: GithubRequest, state: GithubState) => Reply | undefined

const route = (method: string, path: RegExp, right: string, answer: Answer): Route => ({
  method,
  path,
  isOfRepository: true,
  answer: (request, state) =>
    lacking(request, state, right, method === 'GET' ? 'read' : 'write') ?? answer(request, state),
})

/** https://docs.github.com/rest/pulls/pulls, …/issues/comments and …/repos/webhooks */
export const pullRoutes: Route[] = [
  route('GET', /^pulls$/, 'pull_requests', ({ repository, query }, { pulls }) => {
    const open = pulls.list.filter((it) => it.base.repo.full_name === repository && it.state === query.get('state'))
    return { status: 200, body: pageOf(open, query) }
  }),
  route('GET', /^pulls\/(\d+)$/, 'pull_requests', ({ repository, params }, { pulls }) =>
    show(pulls.list.find((it) => isPull(it, repository, Number(params[0])))),
  ),
  route('GET', /^issues\/(\d+)\/comments$/, 'pull_requests', ({ repository, params, query }, { pulls }) => {
    const own = pulls.comments.filter((it) => it.on === `${repository}#${params[0]}`)
    return { status: 200, body: pageOf(own, query) }
  }),
  route('POST', /^issues\/(\d+)\/comments$/, 'pull_requests', ({ repository, params, body }, { pulls }) => {
    if (typeof body?.body !== 'string' || body.body === '') return refused(422, 'Validation Failed')
    return keep(pulls, pulls.comments, { on: `${repository}#${params[0]}`, body: body.body })
  }),
  route('PATCH', /^issues\/comments\/(\d+)$/, 'pull_requests', ({ params, body }, { pulls }) =>
    change(pulls.comments, params[0], body),
  ),
  route('GET', /^hooks$/, 'repository_hooks', ({ repository }, { pulls }) => ({
    status: 200,
    body: pulls.hooks.filter((it) => it.of === repository),
  })),
  route('POST', /^hooks$/, 'repository_hooks', ({ repository, body }, { pulls }) =>
    body?.config?.url === undefined ? undefined : keep(pulls, pulls.hooks, { of: repository, ...body }),
  ),
  route('PATCH', /^hooks\/(\d+)$/, 'repository_hooks', ({ params, body }, { pulls }) =>
    change(pulls.hooks, params[0], body),
  ),
  route('POST', /^hooks\/(\d+)\/pings$/, 'repository_hooks', () => ({ status: 204 })),
  route('DELETE', /^hooks\/(\d+)$/, 'repository_hooks', ({ params }, { pulls }) => {
    const at = pulls.hooks.findIndex((it) => it.id === Number(params[0]))
    if (at < 0) return refused(404, 'Not Found')
    pulls.hooks.splice(at, 1)
    return { status: 204 }
  }),
]

function pageOf<T>(all: T[], query: URLSearchParams): T[] {
  const [size, number] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)]
  return all.slice((number - 1) * size, number * size)
}

const show = (body: unknown): Reply => (body === undefined ? refused(404, 'Not Found') : { status: 200, body })

function keep<T extends { id: number }>(pulls: Pulls, all: T[], entry: Omit<T, 'id'>): Reply {
  pulls.ids += 1
  const kept = { ...entry, id: pulls.ids } as T
  all.push(kept)
  return { status: 201, body: kept }
}

function change<T extends { id: number }>(all: T[], id: string | undefined, body: object): Reply {
  const found = all.find((it) => it.id === Number(id))
  return show(found && Object.assign(found, body))
}
