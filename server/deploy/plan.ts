import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { findDeployKey } from '../db/deploy-keys.ts'
import { defaultDelivery, findBySubdomain } from '../db/deployments.ts'
import type { Effect } from '../db/ledger.ts'
import { listPorts } from '../db/ports.ts'
import type { Commit, Recipe, Release } from '../db/releases.ts'
import { now } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { AppError, toAppError } from '../errors.ts'
import { hostnameOf } from '../names.ts'
import { chooseRecipe } from '../templates/detect.ts'
import type { NewApp } from './commands.ts'
import type { StepContext } from './context.ts'
import { pipeline } from './pipeline.ts'
import { readWithAccess } from './repository-access.ts'

export type Plan = {
  subdomain: string
  hostname: string
  branch: string
  commit: Commit
  template: string
  /** What the app is, such as `Next.js (standalone)`. */
  framework: string
  commands: Recipe['commands']
  /** What was assumed, in sentences. */
  notes: string[]
  dockerfile: string | null
  dockerfilePath: string | null
  port: number | null
  healthPath: string
  /** What would be made, in order. */
  effects: (Effect & { step: string })[]
  /** What would refuse the deploy. Empty when it can start. */
  problems: { step: string; code: string; message: string }[]
}

const PLAN_MS = 120_000

/**
 * What a deploy would make: looks into a clone that is removed again, and asks every step. Nothing else is made.
 * It ends when `signal` fires, and after two minutes.
 * @throws repository_not_found, branch_not_found, no_template and the like; cancelled
 */
export async function makePlan(deps: Deps, app: NewApp, asked: AbortSignal): Promise<Plan> {
  const checkout = path.join(deps.config.dataDir, 'checkouts', `plan-${randomUUID()}`)
  const signal = AbortSignal.any([asked, AbortSignal.timeout(PLAN_MS)])
  try {
    const { branch, ...commit } = await readWithAccess(deps, app, (clone) =>
      deps.git.checkOut({ ...clone, branch: app.branch, folder: checkout, signal }),
    )
    const { recipe, notes } = await chooseRecipe(deps.catalog, checkout, app, app.env)
    const ctx = await dryContext(deps, app, { checkout, commit, recipe, signal })
    // Some steps find out here that they will have nothing to do.
    const problems = await findProblems(deps, ctx)
    return {
      subdomain: app.subdomain,
      hostname: ctx.hostname,
      branch,
      commit,
      template: recipe.template,
      framework: recipe.framework,
      commands: recipe.commands,
      notes,
      dockerfile: recipe.dockerfile ?? null,
      dockerfilePath: recipe.dockerfilePath ?? null,
      port: recipe.port,
      healthPath: recipe.healthPath,
      effects: pipeline.flatMap((step) => step.effects(ctx).map((effect) => ({ step: step.name, ...effect }))),
      problems,
    }
  } catch (error) {
    if (!asked.aborted) throw error
    throw new AppError('cancelled', 'Nobody waits for the plan any more.', { cause: error })
  } finally {
    await rm(checkout, { recursive: true, force: true })
  }
}

type Found = { checkout: string; commit: Commit; recipe: Recipe; signal: AbortSignal }

/** The context of a release that does not exist: number 1, on the port that would be next. */
async function dryContext(deps: Deps, app: NewApp, { checkout, commit, recipe, signal }: Found): Promise<StepContext> {
  const id = randomUUID()
  const release: Release = {
    deploymentId: id,
    number: 1,
    subdomain: app.subdomain,
    status: 'queued',
    inputs: app,
    env: '',
    imageFrom: null,
    commit,
    recipe,
    containerId: null,
    cause: { kind: 'user' },
    dropped: null,
    createdAt: now(),
    updatedAt: now(),
  }
  return {
    ...deps,
    deployment: {
      ...app,
      id,
      env: '',
      status: 'queued',
      liveRelease: null,
      stopped: false,
      keepVolumes: false,
      error: null,
      delivery: app.delivery ?? defaultDelivery,
      webhook: null,
      webhookSecret: null,
      previewOf: null,
      pullRequest: null,
      expiresAt: null,
      previewEnv: null,
      createdAt: now(),
      updatedAt: now(),
    },
    release,
    live: undefined,
    ref: { deploymentId: id, subdomain: app.subdomain, release: 1 },
    hostname: hostnameOf(deps.config.domain, app.subdomain),
    port: await nextPort(deps),
    deployKey: app.deployKeyId === undefined ? undefined : await findDeployKey(deps.db, app.deployKeyId),
    checkout,
    env: app.env,
    signal,
    say: () => undefined,
    retireOthers: async () => undefined,
    remember: async () => undefined,
  }
}

async function nextPort({ db, config }: Deps): Promise<number | undefined> {
  const held = new Set((await listPorts(db)).flatMap((it) => (it.deployment_id === null ? [] : [it.port])))
  for (let port = config.portRange.from; port <= config.portRange.to; port++) if (!held.has(port)) return port
  return undefined
}

async function findProblems(deps: Deps, ctx: StepContext): Promise<Plan['problems']> {
  const problems: Plan['problems'] = []
  if (await findBySubdomain(deps.db, ctx.release.subdomain)) {
    const { code, message } = new AppError(
      'subdomain_taken',
      `The subdomain ${ctx.release.subdomain} is taken by another app. Choose another one.`,
    )
    problems.push({ step: 'hold-hostname', code, message })
  }
  for (const step of pipeline) {
    await step.check?.(ctx).catch((error: unknown) => {
      const { code, message } = toAppError(error)
      problems.push({ step: step.name, code, message })
    })
  }
  return problems
}
