import type { CreateInput } from '../../server/http/schemas.ts'
import type { DeploymentView, PlanView } from '../../server/http/views.ts'
import { changeApp, getApp } from '../apps.ts'
import type { Client } from '../client.ts'
import type { Context } from '../context.ts'
import { Failure } from '../failure.ts'
import { followRelease } from '../follow-release.ts'
import { untilInterrupted } from '../interrupt.ts'
import { bold, red } from '../render.ts'
import { pairs } from '../table.ts'
import { readVariables, type TypedVariables } from '../variables.ts'

export type RepositoryOptions = TypedVariables & {
  subdomain?: string
  branch?: string
  rootDir?: string
  name?: string
  template?: string
}

/** A plan clones the repository first. */
const PLAN_TIMEOUT_MS = 5 * 60_000

/** A new app of a repository. */
export async function deploy(
  context: Context,
  repository: string,
  { wait, ...options }: RepositoryOptions & { wait?: boolean },
): Promise<void> {
  const client = await context.connect()
  const body = await inputOf(context, repository, options)
  const app = await changeApp(client, 'POST', '/api/deployments', { body }).catch(nameRedeploy(options.subdomain))
  if (wait) return showServing(context, client, app, app.release ?? 1)
  context.show({ deployment: app }, () => [
    `${bold(app.subdomain)} is on its way${app.url === null ? '' : ` to ${app.url}`}.`,
    `See how far it is: slipway show ${app.subdomain}`,
  ])
}

/** Follows a release until it serves, and ends with the address. @throws Failure when it does not come to serve */
export async function showServing(context: Context, client: Client, app: DeploymentView, release: number) {
  const goesOn = `The deploy of ${app.subdomain} goes on. Look: slipway show ${app.subdomain}; end it: slipway cancel ${app.subdomain}`
  const { status } = await untilInterrupted(context, goesOn, () => followRelease(context, client, app.id, release))
  const deployment = await getApp(client, app.id)
  context.show({ deployment, release, steps: status.steps }, () => [
    deployment.url ?? `${app.subdomain} runs on port ${deployment.port} of the server.`,
  ])
}

/** What a deploy would make. Ends with 1 when it would be refused. */
export async function plan(context: Context, repository: string, options: RepositoryOptions): Promise<void> {
  const client = await context.connect()
  const body = await inputOf(context, repository, options)
  const found = await client.request<PlanView>('POST', '/api/plan', { body, timeoutMs: PLAN_TIMEOUT_MS })
  context.show(found, () => describePlan(found))
  if (found.problems.length > 0) process.exitCode = 1
}

async function inputOf(context: Context, repository: string, options: RepositoryOptions): Promise<CreateInput> {
  const { subdomain, branch, rootDir, name, template, ...typed } = options
  const env = await readVariables(context, typed)
  return {
    githubUrl: repository,
    ...(subdomain !== undefined && { subdomain }),
    ...(branch !== undefined && { branch }),
    ...(rootDir !== undefined && { rootDir }),
    ...(name !== undefined && { name }),
    ...(template !== undefined && { template }),
    ...(env.length > 0 && { env }),
  }
}

const nameRedeploy = (subdomain: string | undefined) => (error: unknown) => {
  if (!(error instanceof Failure) || error.code !== 'subdomain_taken') throw error
  const hint = `If it is this app, deploy it again: slipway redeploy ${subdomain ?? 'APP'}`
  throw new Failure(error.code, error.message, { hint, status: error.status, detail: error.detail })
}

function describePlan(found: PlanView): string[] {
  const { install, build, start, release } = found.commands
  return [
    ...pairs([
      ['Address', found.url ?? found.hostname],
      ['Branch', found.branch],
      ['Commit', `${found.commit.sha.slice(0, 7)} ${found.commit.message.split('\n', 1)[0]}`],
      ['Template', found.template],
      ['Framework', found.framework],
      ['Dockerfile', found.dockerfilePath],
      ['Install', install],
      ['Build', build],
      ['Release', release],
      ['Start', start],
      ['Port', found.port === null ? 'read from the image once it is built' : String(found.port)],
      ['Health', found.healthPath],
    ]),
    ...(found.notes.length > 0 ? ['', ...found.notes] : []),
    '',
    'It would make:',
    ...found.effects.map((it) => `  ${it.kind} ${it.name}`),
    ...found.problems.map((it) => red(`${it.step}: ${it.message}`)),
  ]
}
