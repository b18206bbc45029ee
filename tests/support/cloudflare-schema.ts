import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js'
import formats from 'ajv-formats'

type Schema = { [keyword: string]: unknown }
type Parameter = { in: string; name: string; required?: boolean; schema: Schema }
type Content = { 'application/json'?: { schema?: Schema } }
type Operation = {
  parameters?: Parameter[]
  requestBody?: { content: Content }
  responses: Record<string, { content: Content }>
}
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } }

/** A request as it came, decoded. `body` is undefined when there was none. */
export type Received = { method: string; path: string; query: Record<string, string>; body: unknown }

export type Matched = {
  /** Such as `GET /zones/{zone_id}/dns_records`. */
  operation: string
  params: Record<string, string>
  violations: string[]
  /** What is wrong with an answer of ours. */
  violationsOf(status: number, answer: unknown): string[]
}

const file = path.join(import.meta.dirname, 'cloudflare-openapi-excerpt.json')

/**
 * Checks requests and answers against the excerpt of Cloudflare's published OpenAPI schema that lies beside this file
 * (github.com/cloudflare/api-schemas, August 2024), with the corrections of `amend`.
 */
export function loadSchema(): { match(received: Received): Matched | undefined } {
  const document = amend(JSON.parse(readFileSync(file, 'utf8')))
  const bodies = compiler(document, false)
  const parameters = compiler(document, true)
  const operations = Object.entries(document.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${template}`,
      method: method.toUpperCase(),
      pattern: new RegExp(`^${template.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
      operation,
    })),
  )

  return {
    match(received) {
      for (const { name, method, pattern, operation } of operations) {
        const found = method === received.method ? pattern.exec(received.path) : null
        if (found === null) continue
        const params = Object.fromEntries(
          Object.entries(found.groups ?? {}).map(([k, v]) => [k, decodeURIComponent(v)]),
        )
        const violations = [
          ...parameterViolations(parameters, name, operation, params, received.query),
          ...bodyViolations(bodies, name, operation, received.body),
        ]
        return {
          operation: name,
          params,
          violations,
          violationsOf: (status, answer) => answerViolations(bodies, name, operation, status, answer),
        }
      }
      return undefined
    },
  }
}

type Compile = (key: string, schema: Schema) => ValidateFunction

function compiler(document: Document, coerceTypes: boolean): Compile {
  const ajv = new Ajv2019({ strict: false, allErrors: true, coerceTypes, useDefaults: false })
  formats.default(ajv)
  ajv.addSchema(document as unknown as Schema, 'cloudflare')
  const compiled = new Map<string, ValidateFunction>()
  return (key, schema) => {
    const known = compiled.get(key) ?? ajv.compile(absoluteRefs(schema) as Schema)
    compiled.set(key, known)
    return known
  }
}

/** `#/components/…` means the whole document, wherever the schema was taken from. */
function absoluteRefs(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/components/', '"cloudflare#/components/'))
}

function problemsOf(validate: ValidateFunction, value: unknown, where: string): string[] {
  if (validate(value)) return []
  return (validate.errors ?? []).map(
    (error) => `${where}${error.instancePath}: ${error.message} ${JSON.stringify(error.params)}`,
  )
}

function parameterViolations(
  compile: Compile,
  name: string,
  operation: Operation,
  params: Record<string, string>,
  query: Record<string, string>,
): string[] {
  return (['path', 'query'] as const).flatMap((place) => {
    const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === place)
    const schema = {
      type: 'object',
      properties: Object.fromEntries(declared.map((parameter) => [parameter.name, parameter.schema])),
      required: declared.filter((parameter) => parameter.required).map((parameter) => parameter.name),
      additionalProperties: false,
    }
    return problemsOf(
      compile(`${name} ${place}`, schema),
      { ...(place === 'path' ? params : query) },
      `${name} ${place}`,
    )
  })
}

/** Fields that the schema does not know are refused at the top of a body: they are mostly misspelt ones. */
function bodyViolations(compile: Compile, name: string, operation: Operation, body: unknown): string[] {
  const schema = operation.requestBody?.content['application/json']?.schema
  if (schema === undefined) return body === undefined ? [] : [`${name}: takes no body`]
  return problemsOf(compile(`${name} body`, { allOf: [schema], unevaluatedProperties: false }), body, `${name} body`)
}

/**
 * The schema describes a failure as the success *and* the failure, which nothing can be (`success` true and false):
 * failures are checked against their half.
 */
function answerViolations(
  compile: Compile,
  name: string,
  operation: Operation,
  status: number,
  answer: unknown,
): string[] {
  const family = name.includes('/dns_records') ? 'dns-records' : 'tunnel'
  const failure = { $ref: `#/components/schemas/${family}_api-response-common-failure` }
  const success = operation.responses['200']?.content['application/json']?.schema ?? {}
  return problemsOf(compile(`${name} ${status < 300}`, status < 300 ? success : failure), answer, `answer to ${name}`)
}

/** Where the excerpt is older or looser than the API that SDK 7.3.0 (October 2026) describes. */
function amend(document: Document): Document {
  const { schemas } = document.components
  // The last rule has no hostname (Cloudflare's tunnel documentation); the excerpt requires one of every rule.
  Object.assign(schemas.tunnel_ingressRule ?? {}, { required: ['service'] })
  // Only answers carry what Cloudflare fills in.
  const record = schemas['dns-records_dns-record'] as { required: string[] }
  const answered = { ...record }
  record.required = ['type', 'name', 'content']
  schemas['dns-records_answered-record'] = answered
  for (const name of ['dns-records_dns_response_single', 'dns-records_dns_response_collection']) {
    const text = JSON.stringify(schemas[name]).replaceAll('dns-records_dns-record', 'dns-records_answered-record')
    schemas[name] = JSON.parse(text)
  }
  // Filters are dotted since: `name.exact` and its like.
  const list = document.paths['/zones/{zone_id}/dns_records']?.get?.parameters ?? []
  for (const filter of ['name', 'content'].flatMap((f) =>
    ['exact', 'contains', 'startswith', 'endswith'].map((p) => `${f}.${p}`),
  ))
    list.push({ in: 'query', name: filter, schema: { type: 'string' } })
  Object.assign(document.paths, {
    '/user/tokens/verify': { get: answering(VERIFIED) },
    '/accounts/{account_id}/tokens/verify': { get: answering(VERIFIED, 'account_id') },
    '/zones/{zone_id}': { get: answering(ZONE, 'zone_id') },
  })
  // DELETE needs no body: the SDK sends none.
  for (const methods of Object.values(document.paths)) delete methods.delete?.requestBody
  return document
}

/** Not in the excerpt; by the types of SDK 7.3.0 (`TokenVerifyResponse`, `Zone`, of which the parts that are used). */
const VERIFIED = {
  type: 'object',
  required: ['id', 'status'],
  properties: {
    id: { type: 'string', maxLength: 32 },
    status: { enum: ['active', 'disabled', 'expired'] },
    expires_on: { type: 'string', format: 'date-time' },
  },
}
const ZONE = {
  type: 'object',
  required: ['id', 'name', 'name_servers', 'account'],
  properties: {
    id: { type: 'string', maxLength: 32 },
    name: { type: 'string', maxLength: 253 },
    status: { enum: ['initializing', 'pending', 'active', 'moved'] },
    name_servers: { type: 'array', items: { type: 'string' } },
  },
}

function answering(result: Schema, parameter?: string): Operation {
  const schema = {
    type: 'object',
    required: ['success', 'errors', 'messages', 'result'],
    properties: { success: { const: true }, errors: { maxItems: 0 }, result },
  }
  const parameters = parameter === undefined ? [] : [{ in: 'path', name: parameter, required: true, schema: {} }]
  return { parameters, responses: { 200: { content: { 'application/json': { schema } } } } }
}
