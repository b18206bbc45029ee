import { newPulls, type Pulls } from './github-pulls.ts'

export type GithubFault = 'hang' | 'html' | 'huge' | 'redirect' | 'rate limit' | '500'

type Repository = { full_name: string; archived: boolean; permissions: { push: boolean } }
export type RepositoryKey = { id: number; title: string; key: string; read_only: boolean }
export type Installation = {
  id: number
  account: string
  /** `owner/name` of those that were chosen. */
  repositories: string[]
  permissions: Record<string, string>
  suspended: boolean
}
export type MadeApp = {
  id: number
  slug: string
  name: string
  permissions: Record<string, string>
  webhookSecret: string | null
  clientSecret: string
  privateKey: string
  publicKey: string
}

/** What GitHub knows. Tests preset and read it. */
export type GithubState = {
  /** Of a classic token; undefined is a fine-grained one. */
  scopes: string | undefined
  expiration: string | undefined
  /** Private repositories that the token sees. */
  repositories: Repository[]
  /** Of a fine-grained token, by the API's names. */
  permissions: Record<string, boolean>
  /** Deploy keys by `owner/name`. */
  keys: Record<string, RepositoryKey[]>
  /** Told of each change of them. */
  onKeys: (keys: Record<string, RepositoryKey[]>) => void
  app: MadeApp | undefined
  /** Codes of manifests that were posted, each good once. */
  codes: Map<string, MadeApp>
  installations: Installation[]
  /** Tokens of installations that were handed out. */
  tokens: Map<string, { installation: number; repositories: string[]; endsAt: number }>
  /** How long the next tokens of installations live. */
  tokenLifeMs: number
  /** Pull requests, the comments on them, and the webhooks that are told of them. */
  pulls: Pulls
  /** Ids of repositories that were renamed, by the `owner/name` they had. */
  renamed: Record<string, number>
  fault: GithubFault | undefined
  /** Where the fault `redirect` leads. */
  redirectTo: string
  /** Requests that no client of GitHub's may send, and things that were really made by a test of a permission. */
  violations: string[]
}

export const everyPermission = () => ({
  contents: true,
  statuses: true,
  repository_hooks: true,
  deployments: true,
  pull_requests: true,
  administration: true,
})

export const newState = (): GithubState => ({
  scopes: undefined,
  expiration: undefined,
  repositories: [{ full_name: 'acme/secret', archived: false, permissions: { push: true } }],
  permissions: everyPermission(),
  keys: {},
  onKeys: () => undefined,
  app: undefined,
  codes: new Map(),
  installations: [],
  tokens: new Map(),
  tokenLifeMs: 60 * 60_000,
  pulls: newPulls(),
  renamed: {},
  fault: undefined,
  redirectTo: 'http://127.0.0.1:9/user',
  violations: [],
})
