import { generateKeyPairSync, randomBytes } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { type Actor, type GithubRequest, type Reply, type Route, refused } from './github-route.ts'
import type { GithubState, MadeApp } from './github-state.ts'

const WANTED = { contents: 'read', metadata: 'read', statuses: 'write', deployments: 'write', pull_requests: 'write' }

/** GitHub Apps: https://docs.github.com/rest/apps */
export const appRoutes: Route[] = [
  {
    method: 'POST',
    path: /^\/app-manifests\/([\w-]+)\/conversions$/,
    answer({ params: [code = ''] }, state) {
      const app = state.codes.get(code)
      if (!app) return refused(404, 'Not Found')
      state.codes.delete(code)
      state.app = app
      return { status: 201, body: present(app) }
    },
  },
  asApp('GET', /^\/app$/, (_, { app }) => ({ status: 200, body: { id: app?.id, slug: app?.slug, name: app?.name } })),
  asApp('GET', /^\/app\/installations$/, (_, { installations }) => ({
    status: 200,
    body: installations.map((it) => ({
      id: it.id,
      account: { login: it.account },
      repository_selection: 'selected',
      html_url: `https://github.example/installations/${it.id}`,
      permissions: it.permissions,
      suspended_at: it.suspended ? '2026-01-01T00:00:00Z' : null,
    })),
  })),
  asApp('GET', /^\/repos\/([\w.-]+\/[\w.-]+)\/installation$/, ({ params: [name = ''] }, { installations }) => {
    const found = installations.find((it) => it.repositories.includes(name))
    if (!found) return refused(404, 'Not Found')
    return { status: 200, body: { id: found.id, suspended_at: found.suspended ? '2026-01-01T00:00:00Z' : null } }
  }),
  asApp('POST', /^\/app\/installations\/(\d+)\/access_tokens$/, makeToken),
]

function asApp(method: string, path: RegExp, answer: (request: GithubRequest, state: GithubState) => Reply): Route {
  return {
    method,
    path,
    answer: (request, state) =>
      request.actor.kind === 'app' ? answer(request, state) : refused(401, 'A JSON web token could not be decoded'),
  }
}

function makeToken({ params: [id], body }: GithubRequest, state: GithubState): Reply {
  const installation = state.installations.find((it) => it.id === Number(id))
  if (!installation || installation.suspended) return refused(404, 'Not Found')
  const byName = (body?.repositories ?? []).map((name: string) => `${installation.account}/${name}`)
  const byId = Object.keys(state.renamed).filter((name) => body?.repository_ids?.includes(state.renamed[name]))
  const repositories: string[] = [...byName, ...byId]
  if (repositories.length !== 1) state.violations.push(`a token for ${repositories.length} repositories was asked for`)
  if (byName.some((name: string) => name in state.renamed || !installation.repositories.includes(name)))
    return refused(422, 'There is at least one repository that does not exist or is not accessible')
  const token = `ghs_${randomBytes(18).toString('hex')}`
  const endsAt = Date.now() + state.tokenLifeMs
  state.tokens.set(token, { installation: installation.id, repositories, endsAt })
  const expires_at = new Date(endsAt).toISOString()
  return { status: 201, body: { token, expires_at, permissions: installation.permissions } }
}

/** Somebody posts the manifest's form and agrees: the App is made, and the browser is sent back with the code. */
export function submitManifest(state: GithubState, manifest: any): string {
  const problems = Object.entries(WANTED).filter(([key, level]) => manifest.default_permissions?.[key] !== level)
  if (problems.length > 0 || Object.keys(manifest.default_permissions).length !== Object.keys(WANTED).length)
    throw new Error(`the manifest asks for ${JSON.stringify(manifest.default_permissions)}`)
  if (manifest.name.length > 34 || manifest.public !== false || !URL.canParse(manifest.redirect_url))
    throw new Error(`GitHub refuses this manifest: ${JSON.stringify(manifest)}`)
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const code = randomBytes(20).toString('hex')
  const made: MadeApp = {
    id: 4711,
    slug: manifest.name,
    name: manifest.name,
    permissions: manifest.default_permissions,
    webhookSecret: manifest.hook_attributes ? randomBytes(20).toString('hex') : null,
    clientSecret: randomBytes(20).toString('hex'),
    ...keys,
  }
  state.codes.set(code, made)
  return code
}

const present = (app: MadeApp) => ({
  id: app.id,
  slug: app.slug,
  node_id: 'A_kwHOAAAA',
  owner: { login: 'acme', type: 'User' },
  name: app.name,
  client_id: 'Iv1.0123456789abcdef',
  client_secret: app.clientSecret,
  webhook_secret: app.webhookSecret,
  pem: app.privateKey,
  html_url: `https://github.example/apps/${app.slug}`,
  permissions: app.permissions,
  events: [],
})

/** The App that signed; undefined for a signature that GitHub would not accept. */
export function readAppToken(state: GithubState, token: string): Actor | undefined {
  if (!state.app) return undefined
  try {
    const { iss, iat, exp } = jwt.verify(token, state.app.publicKey, { algorithms: ['RS256'] }) as jwt.JwtPayload
    const now = Math.floor(Date.now() / 1000)
    const isTimely = iat !== undefined && exp !== undefined && iat <= now && exp <= now + 600
    if (!isTimely || iss !== String(state.app.id)) state.violations.push(`a signature of ${iss}, ${iat} to ${exp}`)
    return isTimely && iss === String(state.app.id) ? { kind: 'app' } : undefined
  } catch (error) {
    if (error instanceof jwt.JsonWebTokenError) return undefined
    throw error
  }
}

/** What an installation's token reads: GitHub asks for it on the API, and as a password of clones. */
export function readInstallationToken(state: GithubState, token: string): Actor | undefined {
  const found = state.tokens.get(token)
  const installation = state.installations.find((it) => it.id === found?.installation)
  if (!found || !installation || installation.suspended || found.endsAt <= Date.now()) return undefined
  return { kind: 'installation', id: installation.id, repositories: found.repositories }
}
