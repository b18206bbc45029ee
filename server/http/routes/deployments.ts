import type { FastifyRequest } from 'fastify'
import { type Deployment, findDeployment } from '../../db/deployments.ts'
import type { Cause } from '../../db/releases.ts'
import type { Db } from '../../db/schema.ts'
import { addressOf } from '../../deploy/address.ts'
import * as commands from '../../deploy/commands.ts'
import { openEnv } from '../../deploy/context.ts'
import { makePlan } from '../../deploy/plan.ts'
import { findOpenPulls } from '../../deploy/previews/rounds.ts'
import { closePreviews } from '../../deploy/previews.ts'
import type { Queue } from '../../deploy/queue.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import { suggestSubdomain } from '../../names.ts'
import { checkBranch, checkRootDir, parseRepository, readTree } from '../../repository.ts'
import type { App } from '../app-type.ts'
import { noteVisitor } from '../audit.ts'
import { visitorOf } from '../auth.ts'
import { changedVariables } from '../changed-variables.ts'
import { checkDelivery, checkEnv, checkOverrides, checkSubdomain, checkVolumes } from '../check-input.ts'
import { presentAll, presentDeployment } from '../present.ts'
import { ChangeInput, CreateInput, IdParams, RollbackInput } from '../schemas.ts'
import type { Slots } from '../slots.ts'
import { Type } from '../type.ts'
import { untilGone } from '../until-gone.ts'
import { DeploymentView, PlanView } from '../views.ts'

const One = Type.Object({ deployment: DeploymentView })

/** A create request with every rule applied. @throws invalid_input, subdomain_reserved */
function readCreate(config: Deps['config'], input: CreateInput): commands.NewApp {
  const repository = parseRepository(input.githubUrl, config.githubUrl)
  const named = input.branch === undefined || input.branch === '' ? undefined : checkBranch(input.branch)
  const tree = repository.tree === undefined ? undefined : readTree(repository.tree, named ? [named] : [])
  return {
    githubUrl: repository.url,
    branch: named ?? tree?.branch ?? null,
    rootDir: checkRootDir(input.rootDir ?? tree?.dir ?? ''),
    subdomain: checkSubdomain(input.subdomain ?? suggestSubdomain(repository.name)),
    name: input.name ?? repository.name,
    template: input.template || null,
    overrides: checkOverrides(input.overrides ?? {}),
    volumes: checkVolumes(input.volumes ?? []),
    env: checkEnv(input.env ?? []),
    delivery: checkDelivery(input.delivery ?? {}),
    ...(input.deployKeyId !== undefined && { deployKeyId: input.deployKeyId }),
  }
}

function readChange(deps: Deps, deployment: Deployment, input: ChangeInput): commands.AppChanges {
  return {
    ...(input.branch !== undefined && { branch: input.branch === '' ? null : checkBranch(input.branch) }),
    ...(input.rootDir !== undefined && { rootDir: checkRootDir(input.rootDir) }),
    ...(input.subdomain !== undefined && { subdomain: checkSubdomain(input.subdomain) }),
    ...(input.name !== undefined && { name: input.name }),
    ...(input.template !== undefined && { template: input.template || null }),
    ...(input.overrides !== undefined && { overrides: checkOverrides(input.overrides) }),
    ...(input.volumes !== undefined && { volumes: checkVolumes(input.volumes) }),
    ...(input.env !== undefined && { env: checkEnv(input.env, openEnv(deps, deployment.id, deployment.env)) }),
    ...(input.delivery !== undefined && { delivery: checkDelivery(input.delivery, deployment.delivery) }),
  }
}

/** What a push does is no part of a release: a change of that alone is not deployed. */
const whenOf = ({ deploy, delivery, ...rest }: ChangeInput): commands.When =>
  deploy ?? (delivery !== undefined && Object.keys(rest).length === 0 ? 'later' : 'now')

const causeOf = (request: FastifyRequest): Cause => ({ kind: 'user', by: visitorOf(request).username })

/** @throws not_found */
export async function deploymentOf(deps: { db: Db }, id: string): Promise<Deployment> {
  const deployment = await findDeployment(deps.db, id)
  if (!deployment) throw new AppError('not_found', 'There is no such deployment.')
  return deployment
}

/** `looks` limits how many repositories are looked into at once. */
export function deploymentRoutes(app: App, deps: Deps, queue: Queue, looks: Slots): void {
  app.get(
    '/api/deployments',
    {
      schema: {
        summary: 'All deployments',
        response: { 200: Type.Object({ deployments: Type.Array(DeploymentView) }) },
      },
    },
    async () => ({ deployments: await presentAll(deps) }),
  )

  for (const url of ['/api/deployments', '/api/deploy']) {
    app.post(
      url,
      { schema: { summary: 'Deploy a repository', body: CreateInput, response: { 202: One } } },
      async (request, reply) => {
        const wish = readCreate(deps.config, request.body)
        const deployment = await commands.createApp(deps, queue, wish, causeOf(request))
        const { id, githubUrl, subdomain } = deployment
        await noteVisitor(deps, request, 'deployment.create', {
          target: id,
          detail: { githubUrl, subdomain, ...changedVariables([], wish.env) },
        })
        return reply.status(202).send({ deployment: await presentDeployment(deps, deployment) })
      },
    )
  }

  app.post(
    '/api/plan',
    {
      schema: {
        summary: 'What a deploy would make; nothing is made',
        body: CreateInput,
        response: { 200: PlanView },
      },
    },
    async (request, reply) => {
      const app = readCreate(deps.config, request.body)
      const gone = untilGone(reply)
      const plan = await looks(gone, () => makePlan(deps, app, gone))
      return { ...plan, url: addressOf(deps, plan.subdomain) }
    },
  )

  app.get(
    '/api/deployments/:id',
    { schema: { summary: 'One deployment', params: IdParams, response: { 200: One } } },
    async (request) => ({ deployment: await presentDeployment(deps, await deploymentOf(deps, request.params.id)) }),
  )

  app.patch(
    '/api/deployments/:id',
    {
      schema: {
        summary: 'Change settings, and deploy with them now or later; with ?previews=remove its previews go',
        params: IdParams,
        querystring: Type.Object(
          { previews: Type.Optional(Type.Union([Type.Literal('keep'), Type.Literal('remove')])) },
          { additionalProperties: false },
        ),
        body: ChangeInput,
        response: { 202: One },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const read = (before: Deployment) => readChange(deps, before, request.body)
      const wish = { when: whenOf(request.body), cause: causeOf(request) }
      const { before, changes } = await commands.changeApp(deps, queue, { id }, read, wish)
      if (request.query.previews === 'remove') await closePreviews(deps, queue, before)
      if (request.body.delivery?.previews?.isEnabled) {
        findOpenPulls(deps, queue, await deploymentOf(deps, id))
      }
      const { env } = changes
      await noteVisitor(deps, request, 'deployment.change', {
        target: id,
        detail: {
          changed: Object.keys(request.body).filter((it) => it !== 'deploy'),
          ...(env && changedVariables(openEnv(deps, id, before.env), env)),
        },
      })
      return reply.status(202).send({ deployment: await presentDeployment(deps, await deploymentOf(deps, id)) })
    },
  )

  app.delete(
    '/api/deployments/:id',
    {
      schema: {
        summary: 'Remove a deployment and all it made',
        params: IdParams,
        querystring: Type.Object({
          volumes: Type.Optional(Type.Union([Type.Literal('keep'), Type.Literal('remove')])),
        }),
        response: { 202: One },
      },
    },
    async (request, reply) => {
      const deployment = await deploymentOf(deps, request.params.id)
      const keepVolumes = request.query.volumes === 'keep'
      const shown = {
        ...(await presentDeployment(deps, deployment)),
        status: 'deleting' as const,
        isBusy: true,
        canCancel: false,
        isDeleting: true,
        keepsVolumes: keepVolumes,
      }
      await noteVisitor(deps, request, 'deployment.delete', {
        target: deployment.id,
        detail: { subdomain: deployment.subdomain, keepVolumes },
      })
      await commands.deleteApp(deps, queue, deployment, { keepVolumes })
      return reply.status(202).send({ deployment: shown })
    },
  )

  app.post(
    '/api/deployments/:id/redeploy',
    {
      schema: {
        summary: 'Deploy the newest commit; with ?rebuild=true everything is built anew',
        params: IdParams,
        querystring: Type.Object({ rebuild: Type.Optional(Type.Literal('true')) }, { additionalProperties: false }),
        response: { 202: One },
      },
    },
    async (request, reply) => {
      const deployment = await deploymentOf(deps, request.params.id)
      const rebuild = request.query.rebuild === 'true'
      await commands.redeployApp(deps, queue, deployment, { rebuild, cause: causeOf(request) })
      await noteVisitor(deps, request, 'deployment.redeploy', {
        target: deployment.id,
        ...(rebuild && { detail: { rebuild } }),
      })
      const after = await deploymentOf(deps, deployment.id)
      return reply.status(202).send({ deployment: await presentDeployment(deps, after) })
    },
  )

  const actions: Record<string, (deployment: Deployment) => Promise<void>> = {
    stop: (deployment) => commands.switchApp(deps, queue, deployment, 'stop'),
    start: (deployment) => commands.switchApp(deps, queue, deployment, 'start'),
    restart: (deployment) => commands.switchApp(deps, queue, deployment, 'restart'),
    cancel: (deployment) => commands.cancelDeploy(deps, queue, deployment),
    retry: (deployment) => commands.retryApp(deps, queue, deployment),
  }
  for (const [action, run] of Object.entries(actions)) {
    app.post(
      `/api/deployments/:id/${action}`,
      { schema: { summary: `${action} an app`, params: IdParams, response: { 202: One } } },
      async (request, reply) => {
        const deployment = await deploymentOf(deps, request.params.id)
        await run(deployment)
        await noteVisitor(deps, request, `deployment.${action}`, { target: deployment.id })
        return reply
          .status(202)
          .send({ deployment: await presentDeployment(deps, await deploymentOf(deps, deployment.id)) })
      },
    )
  }

  app.post(
    '/api/deployments/:id/rollback',
    {
      schema: {
        summary: 'Deploy the image of an earlier release again',
        params: IdParams,
        body: RollbackInput,
        response: { 202: One },
      },
    },
    async (request, reply) => {
      const deployment = await deploymentOf(deps, request.params.id)
      await commands.rollBackApp(deps, queue, deployment, request.body.release, causeOf(request))
      await noteVisitor(deps, request, 'deployment.rollback', { target: deployment.id, detail: request.body })
      return reply.status(202).send({ deployment: await presentDeployment(deps, deployment) })
    },
  )
}
