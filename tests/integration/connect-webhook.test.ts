import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createAsk } from '../../server/adapters/github-api.ts'
import { type Deployment, updateDeployment } from '../../server/db/deployments.ts'
import { deleteApp, saveApp } from '../../server/db/github-app.ts'
import { listLedger } from '../../server/db/ledger.ts'
import { findDrift, makeAnew } from '../../server/deploy/reconcile.ts'
import { applyAll, checkAll, revertAll } from '../../server/deploy/run.ts'
import { connectWebhook } from '../../server/deploy/steps/connect-webhook.ts'
import { openWebhookSecret } from '../../server/deploy/webhook-secret.ts'
import { type GitServer, startGitServer } from '../support/git-server.ts'
import { type GithubRepositories, startGithubRepositories } from '../support/github-repositories.ts'
import { type Inside, makeInside } from '../support/inside.ts'

const SHA = '1'.repeat(40)
const PUBLIC = 'http://127.0.0.1:2999'

let git: GitServer
let github: GithubRepositories
let inside: Inside
let repository: string
beforeAll(async () => {
  git = await startGitServer()
  github = await startGithubRepositories()
  const made = await git.makeRepository('acme', 'app')
  await github.follow(made)
  repository = made.url
  inside = await makeInside({
    SLIPWAY_GITHUB_URL: git.url,
    SLIPWAY_GITHUB_API_URL: github.apiUrl,
    SLIPWAY_GITHUB_TOKEN: github.token,
    SLIPWAY_PUBLIC_URL: PUBLIC,
  })
})
afterAll(async () => {
  expect(github.violations).toEqual([])
  await inside.close()
  await github.stop()
  await git.stop()
})
afterEach(() => {
  github.state.hooks.splice(0)
  github.state.denied.clear()
  github.state.gone.clear()
  github.state.archived.clear()
  github.state.renamed = {}
  github.state.isDown = false
})

const steps = [connectWebhook]
const urlOf = ({ id }: Deployment) => `${PUBLIC}/api/webhooks/github/${id}`
const hooks = () => github.state.hooks.map((it) => it.config.url)
const make = (changes: Partial<Deployment> = {}) => inside.live(repository, SHA, changes)

async function connect({ id }: Deployment) {
  const ctx = await inside.context(id)
  await checkAll(steps, ctx)
  await applyAll(steps, ctx, async () => undefined)
}
const remove = async ({ id }: Deployment) => {
  await updateDeployment(inside.deps.db, id, { liveRelease: null, status: 'deleting' })
  await revertAll(steps, await inside.context(id), 'deleted')
}
const ledger = async ({ id }: Deployment) =>
  (await listLedger(inside.deps.db, id)).map(({ kind, name, state }) => ({ kind, name, state }))

describe('the webhook', () => {
  test('is made once, however often it is asked for, with a secret that is kept sealed', async () => {
    const app = await make()
    await connect(app)
    await connect(app)
    expect(hooks()).toEqual([urlOf(app)])
    expect(await ledger(app)).toEqual([{ kind: 'webhook', name: `acme/app → ${app.id}`, state: 'present' }])
    const stored = await inside.show(app.id)
    const secret = github.state.hooks[0]?.config.secret ?? ''
    expect(openWebhookSecret(inside.deps, stored)).toBe(secret)
    expect(stored.webhookSecret).not.toContain(secret)
    expect(stored.webhook).toMatchObject({ state: 'created' })
  })

  test('of which there are two, as after a crash, is one; a foreign one stays', async () => {
    const app = await make()
    await connect(app)
    const [own] = github.state.hooks
    if (!own) throw new Error('there is no webhook')
    github.state.hooks.push(
      { ...own, id: 7 },
      { ...own, id: 8, config: { ...own.config, url: 'https://ci.acme.com/' } },
    )
    await connect(app)
    expect(hooks()).toEqual([urlOf(app), 'https://ci.acme.com/'])
    github.state.hooks.push({ ...own, id: 9 })
    await remove(app)
    expect(hooks()).toEqual(['https://ci.acme.com/'])
    expect((await ledger(app))[0]?.state).toBe('removed')
  })

  test('that leads to an old public URL, or that somebody changed, is mended', async () => {
    const app = await make()
    await connect(app)
    const [own] = github.state.hooks
    if (!own) throw new Error('there is no webhook')
    Object.assign(own, { active: false, events: ['push'] })
    own.config = { ...own.config, url: `https://old.example.com/api/webhooks/github/${app.id}`, secret: 'f'.repeat(64) }
    await connect(app)
    expect(github.state.hooks).toMatchObject([{ active: true, events: ['push', 'pull_request'] }])
    expect(hooks()).toEqual([urlOf(app)])
    expect(openWebhookSecret(inside.deps, await inside.show(app.id))).toBe(github.state.hooks[0]?.config.secret)
  })

  test('that somebody took away is drift, which is put back; it is not looked for every minute', async () => {
    const app = await make()
    await connect(app)
    const ctx = await inside.context(app.id)
    expect(await findDrift(ctx)).toEqual([])
    const asked = github.requests.length
    for (let round = 0; round < 5; round++) await findDrift(ctx)
    expect(github.requests).toHaveLength(asked)

    github.state.hooks.splice(0)
    await updateDeployment(inside.deps.db, app.id, {
      webhook: { state: 'active', checkedAt: new Date(0).toISOString() },
    })
    expect(await findDrift(ctx)).toMatchObject([{ kind: 'webhook' }])
    await makeAnew(ctx, 'connect-webhook')
    expect(hooks()).toEqual([urlOf(app)])
  })

  test('is looked for once an hour also while GitHub does not answer, so that nobody waits for it each minute', async () => {
    const app = await make()
    await connect(app)
    const ctx = await inside.context(app.id)
    await updateDeployment(inside.deps.db, app.id, {
      webhook: { state: 'active', checkedAt: new Date(0).toISOString() },
    })
    github.state.isDown = true
    const asked = github.requests.length
    for (let round = 0; round < 5; round++) expect(await findDrift(ctx)).toEqual([])
    expect(github.requests.length - asked).toBe(1)
    expect((await inside.show(app.id)).webhook?.state).toBe('active')
  })

  test.each(['active', 'created'] as const)(
    'whose deliveries fail is not relied on, though it was %s: pushes are polled for again',
    async (state) => {
      const app = await make()
      await connect(app)
      const [own] = github.state.hooks
      if (own) own.last_response = { code: 502, status: 'failed', message: null }
      await updateDeployment(inside.deps.db, app.id, { webhook: { state, heardAt: new Date(0).toISOString() } })
      expect(await findDrift(await inside.context(app.id))).toEqual([])
      expect((await inside.show(app.id)).webhook).toMatchObject({ state: 'created', reason: /502/ })
    },
  )
})

describe('an app does without it', () => {
  const reasonOf = async ({ id }: Deployment) => (await inside.show(id)).webhook

  test('where the token may not, and can be deleted all the same', async () => {
    const app = await make()
    github.state.denied.add('hooks')
    await connect(app)
    expect(await reasonOf(app)).toMatchObject({ state: 'unavailable', reason: /Webhooks → Read and write/ })
    expect((await ledger(app)).map((it) => it.state)).toEqual(['removed'])
    await remove(app)
  })

  test('while GitHub fails; whether it was made is found out at the delete', async () => {
    const app = await make()
    github.state.isDown = true
    await connect(app)
    expect(await reasonOf(app)).toMatchObject({ state: 'unavailable', reason: /502/ })
    github.state.isDown = false
    await connect(app)
    expect(await reasonOf(app)).toMatchObject({ state: 'created' })
    expect(hooks()).toEqual([urlOf(app)])
  })

  test('as a preview, and where GitHub cannot reach Slipway or nobody speaks for the repository: nothing is asked', async () => {
    const asked = github.requests.length
    const app = await make()
    const preview = await make({ previewOf: app.id })
    await connect(preview)
    expect(await ledger(preview)).toEqual([])
    expect(await reasonOf(preview)).toBeNull()

    const ctx = await inside.context(app.id)
    ctx.config = { ...ctx.config, githubApiUrl: 'https://api.github.com' }
    await checkAll(steps, ctx)
    await applyAll(steps, ctx, async () => undefined)
    expect(await reasonOf(app)).toMatchObject({
      state: 'unavailable',
      reason: /cannot reach http:\/\/127\.0\.0\.1:2999/,
    })
    expect(await ledger(app)).toEqual([])
    expect(github.requests).toHaveLength(asked)
  })
})

describe('taking it away', () => {
  test('fails while GitHub cannot be asked, and succeeds once it can', async () => {
    const app = await make()
    await connect(app)
    github.state.isDown = true
    await expect(remove(app)).rejects.toThrow(/502/)
    expect((await ledger(app))[0]?.state).toBe('removing')
    github.state.isDown = false
    await remove(app)
    expect(hooks()).toEqual([])
  })

  test('says what is missing when the permission went', async () => {
    const app = await make()
    await connect(app)
    github.state.denied.add('hooks')
    await expect(remove(app)).rejects.toThrow(/Webhooks → Read and write/)
  })

  const receipt = async ({ id }: Deployment) => (await listLedger(inside.deps.db, id))[0]

  test('follows a repository that was renamed', async () => {
    const app = await make()
    github.state.renamed['acme/app'] = 42
    await connect(app)
    expect(hooks()).toEqual([urlOf(app)])
    await remove(app)
    expect(hooks()).toEqual([])
    expect(await receipt(app)).toMatchObject({ state: 'removed', error: null })
  })

  test('leaves one of a repository that the token does not see any more, and says that it was kept', async () => {
    const app = await make()
    await connect(app)
    github.state.gone.add('acme/app')
    await remove(app)
    expect(await receipt(app)).toMatchObject({ state: 'removed', error: 'kept' })
  })

  test('leaves one of a repository that was archived, which tells of no pushes', async () => {
    const app = await make()
    await connect(app)
    github.state.archived.add('acme/app')
    await remove(app)
    expect(await receipt(app)).toMatchObject({ state: 'removed', error: 'kept' })
    expect(hooks()).toEqual([urlOf(app)])
  })
})

describe('where there is a GitHub App', () => {
  const app = { id: 1, slug: 'a', name: 'a', htmlUrl: 'https://a', clientId: 'c', clientSecret: 's', privateKey: 'k' }
  const actOn = async () => ({ token: 'ghs_1', ask: createAsk({ apiUrl: github.apiUrl, token: 'ghs_1' }) })
  async function connectBeside(webhookSecret: string | null, githubToken: string | undefined) {
    const made = await make()
    const ctx = await inside.context(made.id)
    await saveApp(ctx, { ...app, webhookSecret })
    ctx.githubApp = { ...ctx.githubApp, actOn }
    ctx.config = { ...ctx.config, githubToken }
    await checkAll(steps, ctx)
    await applyAll(steps, ctx, async () => undefined)
    return made
  }
  afterEach(() => deleteApp(inside.deps))

  test('its own webhook is enough', async () => {
    const made = await connectBeside('secret', github.token)
    expect((await inside.show(made.id)).webhook).toMatchObject({ state: 'created' })
    expect(hooks()).toEqual([])
  })

  test('that was made without one, a token makes one; else pushes are polled for', async () => {
    const byToken = await connectBeside(null, github.token)
    expect(hooks()).toEqual([urlOf(byToken)])
    const alone = await connectBeside(null, undefined)
    expect((await inside.show(alone.id)).webhook).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('made without a webhook'),
    })
  })
})
