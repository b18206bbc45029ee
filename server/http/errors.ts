import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { AppError, type ErrorCode, toAppError } from '../errors.ts'

type Reply = { status: number; body: { code: string; message: string; field?: string; hint?: string } }

const FRAMEWORK: Record<string, [ErrorCode, string]> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send the body as application/json.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload_too_large', 'The body is larger than what is read here.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid_input', 'The body is empty. Send JSON.'],
}

/** The one place where an error becomes a reply. What is unexpected is logged in full and told in short. */
export function addErrorHandlers(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError | AppError, request, reply) => {
    const { status, body } = translate(error)
    if (status >= 500) request.log.error({ err: error }, body.message)
    reply.status(status).send(body)
  })
}

export const sendNotFound = (reply: FastifyReply): FastifyReply =>
  reply.status(404).send({ code: 'not_found', message: 'There is nothing at this address.' })

function translate(error: FastifyError | AppError): Reply {
  if (error instanceof AppError) return fromAppError(error)
  if (error.validation) return fromAppError(explainValidation(error))
  const known = FRAMEWORK[error.code]
  if (known) return fromAppError(new AppError(...known))
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return { status: error.statusCode, body: { code: 'invalid_input', message: error.message } }
  }
  const explained = toAppError(error)
  if (explained.code !== 'internal') return fromAppError(explained)
  return fromAppError(new AppError('internal', 'Something unexpected happened. The server log has the details.'))
}

const fromAppError = ({ status, code, message, field, hint }: AppError): Reply => ({
  status,
  body: { code, message, ...(field !== undefined && { field }), ...(hint !== undefined && { hint }) },
})

/** In the words of the schema where it describes what is typed there; else in those of the validator. */
function explainValidation(error: FastifyError): AppError {
  const [first] = error.validation ?? []
  const params = first?.params as
    | { missingProperty?: string; additionalProperty?: string; additionalProperties?: string[] }
    | undefined
  const extra = params?.additionalProperty ?? params?.additionalProperties?.[0]
  const field = [first?.instancePath.slice(1).replaceAll('/', '.'), params?.missingProperty ?? extra]
    .filter(Boolean)
    .join('.')
  const described = (first as { parentSchema?: { description?: string } } | undefined)?.parentSchema?.description
  if (described !== undefined) return new AppError('invalid_input', described, { field })
  const what = extra === undefined ? (first?.message ?? 'is not valid') : 'is not a setting Slipway knows'
  return new AppError('invalid_input', `${field || 'The request'} ${what}.`, { ...(field !== '' && { field }) })
}
