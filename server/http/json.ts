import type { FastifyInstance } from 'fastify'
import { parse } from 'lossless-json'
import { AppError } from '../errors.ts'

const MAX_DEPTH = 32

/**
 * JSON bodies, parsed strictly: a key that stands twice, a key such as `__proto__`, and nesting deeper than 32 levels
 * are refused. Fastify's own parser would take the last of two keys. No other content type is read.
 */
export function addJsonParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : parseStrictly(String(body)))
    } catch (error) {
      done(
        error instanceof AppError
          ? error
          : new AppError(
              'invalid_input',
              `The body is not valid JSON: ${error instanceof Error ? error.message : error}`,
            ),
      )
    }
  })
}

function parseStrictly(text: string): unknown {
  refuseDeep(text)
  return parse(
    text,
    (key, value) => {
      if (key === '__proto__' || key === 'constructor')
        throw new AppError('invalid_input', `The key ${key} is not allowed.`)
      return value
    },
    { parseNumber: Number, onDuplicateKey: refuseTwice },
  )
}

function refuseTwice({ key }: { key: string }): never {
  throw new AppError('invalid_input', `The key ${key} stands twice in one object.`)
}

function refuseDeep(text: string): void {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (inString && char === '\\') at++
    else if (char === '"') inString = !inString
    else if (!inString && (char === '{' || char === '[')) depth++
    else if (!inString && (char === '}' || char === ']')) depth--
    if (depth > MAX_DEPTH) throw new AppError('invalid_input', `The body is nested deeper than ${MAX_DEPTH} levels.`)
  }
}
