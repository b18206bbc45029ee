import { execFile } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'

const run = promisify(execFile)
const NOTHING = '0'.repeat(40)

export type Hook = {
  id: number
  repository: string
  active: boolean
  events: string[]
  config: { url: string; secret: string; content_type: string; insecure_ssl: string }
  last_response?: { code: number; status: string; message: string | null }
}

/** One delivery, and what came back. */
export type Delivered = { hook: Hook; id: string; event: string; body: string; status: number; reply: any }

type Pushed = { name: string; bare: string; before: string; after: string; ref: string }

/** Signs as GitHub does. */
export const sign = (secret: string, body: string | Buffer) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`

/** Tells webhooks of events, as GitHub does: one id for one event, whichever webhook hears of it. */
export function createDeliverer(state: { hooks: Hook[] }) {
  const delivered: Delivered[] = []
  const onTheirWay = new Set<Promise<unknown>>()

  async function deliver(hook: Hook, id: string, event: string, body: string): Promise<Delivered> {
    const response = await fetch(hook.config.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'GitHub-Hookshot/044aadd',
        'x-github-delivery': id,
        'x-github-event': event,
        'x-hub-signature-256': sign(hook.config.secret, body),
      },
      body,
    }).catch(() => undefined)
    const status = response?.status ?? 0
    hook.last_response = { code: status, status: status < 300 && status > 0 ? 'active' : 'failed', message: null }
    const entry = { hook, id, event, body, status, reply: await response?.json().catch(() => undefined) }
    delivered.push(entry)
    return entry
  }

  function tell(repository: string, event: string, payload: object, to?: Hook): void {
    const id = randomUUID()
    const hooks = state.hooks.filter((it) => it.active && it.repository === repository && it.events.includes(event))
    for (const hook of to ? [to] : hooks) {
      const work = deliver(hook, id, event, JSON.stringify(payload)).finally(() => onTheirWay.delete(work))
      onTheirWay.add(work)
    }
  }

  return {
    delivered,
    ping(hook: Hook) {
      const { id, repository, events } = hook
      tell(
        repository,
        'ping',
        { zen: 'Design for failure.', hook_id: id, hook: { id, events }, repository: { full_name: repository } },
        hook,
      )
    },
    async push(pushed: Pushed) {
      tell(pushed.name, 'push', await describePush(pushed))
    },
    async redeliver(deliveries: Delivered[]) {
      const again: Delivered[] = []
      for (const { hook, id, event, body } of deliveries) again.push(await deliver(hook, id, event, body))
      return again
    },
    async quiet() {
      while (onTheirWay.size > 0) await Promise.all(onTheirWay)
    },
  }
}

/** https://docs.github.com/webhooks/webhook-events-and-payloads#push, as far as anybody here reads it. */
async function describePush({ name, bare, before, after, ref }: Pushed) {
  const git = async (...args: string[]) => (await run('git', args, { cwd: bare })).stdout
  const deleted = after === NOTHING
  const created = before === NOTHING
  const isForced =
    !created &&
    !deleted &&
    (await git('merge-base', '--is-ancestor', before, after).then(
      () => false,
      () => true,
    ))
  const commits = deleted ? [] : await describeCommits(git, created ? ['-1', after] : [`${before}..${after}`])
  return {
    ref,
    before,
    after,
    created,
    deleted,
    forced: isForced,
    commits,
    head_commit: commits.at(-1) ?? (deleted ? null : (await describeCommits(git, ['-1', after]))[0]),
    repository: { full_name: name, default_branch: 'main', pushed_at: Math.floor(Date.now() / 1000) },
    pusher: { name: 'ada' },
    sender: { login: 'ada' },
  }
}

/** Oldest first. */
async function describeCommits(git: (...args: string[]) => Promise<string>, range: string[]) {
  const format = '--format=%x01%H%x00%B%x00'
  const log = await git('log', '--reverse', '--name-status', '--no-renames', '-m', '--first-parent', format, ...range)
  return log
    .split('\x01')
    .slice(1)
    .map((entry) => {
      const [id = '', message = '', changes = ''] = entry.split('\0')
      const of = (letter: string) =>
        changes.split('\n').flatMap((it) => (it.startsWith(`${letter}\t`) ? [it.slice(2)] : []))
      return { id, message: message.trim(), added: of('A'), removed: of('D'), modified: of('M') }
    })
}
