import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Outcome } from '../../db/deliveries.ts'
import { type Deployment, findDeployment, listDeployments } from '../../db/deployments.ts'
import { appWebhookSecret } from '../../deploy/github-app.ts'
import type { Queue } from '../../deploy/queue.ts'
import { createTakeDelivery, type Event } from '../../deploy/take-delivery.ts'
import { openWebhookSecret } from '../../deploy/webhook-secret.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import { parseRepository } from '../../repository.ts'
import type { App } from '../app-type.ts'
import { Type } from '../type.ts'
import { isSigned } from '../webhook-signature.ts'
import { createCountWrong } from '../wrong-signatures.ts'

/** GitHub's own limit is 25 MB. A push of 2,000 commits has about 3. */
const BODY_LIMIT = 4 * 1024 * 1024
/** An unknown deployment is answered like a wrong signature: nobody is told which ones there are. */
const HookParams = Type.Object({ deploymentId: Type.String({ maxLength: 100 }) })
const Taken = Type.Object({ deployed: Type.Boolean(), reason: Type.String() })
const NO_REPOSITORY = { deployed: false, reason: 'No app here is made from this repository.' }

/** Where GitHub tells of pushes. The body is read as bytes, and believed only when its signature fits. */
export function webhookRoutes(app: App, deps: Deps, queue: Queue): void {
  const take = createTakeDelivery(deps, queue)
  const countWrong = createCountWrong()

  /** What goes wrong for one app is told only after the others have heard of it: GitHub may deliver it again. */
  async function takeEach(apps: Deployment[], event: Event): Promise<Outcome[]> {
    const ends = await Promise.allSettled(apps.map((it) => take(it, event)))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    return ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
  }

  function checkSignature(request: FastifyRequest, secret: string | undefined): void {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    if (isSigned(body, secret, request.headers['x-hub-signature-256'])) return
    if (countWrong(request.ip)) {
      throw new AppError('too_many_attempts', 'Too many wrong signatures came from this address. Wait 15 minutes.')
    }
    throw new AppError('signature_invalid', 'The signature is missing or wrong. Deploy the app again to renew it.')
  }

  app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) =>
      done(null, body),
    )

    scope.post(
      '/api/webhooks/github/:deploymentId',
      {
        bodyLimit: BODY_LIMIT,
        config: { access: 'anyone' },
        schema: { summary: 'What GitHub tells of a repository', params: HookParams, response: { 202: Taken } },
      },
      async (request, reply) => {
        const deployment = await findDeployment(deps.db, request.params.deploymentId)
        checkSignature(request, deployment && openWebhookSecret(deps, deployment))
        const event = readEvent(request)
        if (!deployment || !isAbout(deps, deployment, event)) throw anotherRepository()
        return reply.status(202).send(await take(deployment, event))
      },
    )

    scope.post(
      '/api/webhooks/github',
      {
        bodyLimit: BODY_LIMIT,
        config: { access: 'anyone' },
        schema: { summary: 'What GitHub tells the GitHub App', response: { 202: Taken } },
      },
      async (request, reply) => {
        checkSignature(request, await appWebhookSecret(deps))
        const event = readEvent(request)
        const apps = (await listDeployments(deps.db)).filter((it) => it.previewOf === null && isAbout(deps, it, event))
        const outcomes = await takeEach(apps, event)
        return reply.status(202).send(outcomes.find((it) => it.deployed) ?? outcomes[0] ?? NO_REPOSITORY)
      },
    )
  })
}

/** @throws unsupported_media_type, invalid_input */
function readEvent({ headers, body }: FastifyRequest): Event {
  if (!/^application\/json(;|$)/.test(headers['content-type'] ?? '')) {
    throw new AppError('unsupported_media_type', 'Set the content type of the webhook to application/json.')
  }
  const [id, name] = [headers['x-github-delivery'], headers['x-github-event']]
  if (typeof id !== 'string' || !/^[\w-]{1,100}$/.test(id) || typeof name !== 'string' || !/^\w{1,50}$/.test(name)) {
    throw new AppError('invalid_input', 'GitHub names each delivery and its event; this one is not named.')
  }
  return { id, name, digest: digestOf(String(body)), payload: parse(String(body)) }
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new AppError('invalid_input', 'The body is not valid JSON.', { cause: error })
  }
}

/** GitHub's names are the same in whatever case they are written. */
function isAbout({ config }: Deps, { githubUrl }: Deployment, { payload }: Event): boolean {
  const { owner, name } = parseRepository(githubUrl, config.githubUrl)
  const { repository } = (payload ?? {}) as { repository?: { full_name?: unknown } }
  return String(repository?.full_name).toLowerCase() === `${owner}/${name}`.toLowerCase()
}

const anotherRepository = () => new AppError('not_found', 'This deployment is made from another repository.')
