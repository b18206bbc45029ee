import { SendFailure } from '../news.ts'
import { oneLine, whyUnreachable } from './why-unreachable.ts'

const TIMEOUT_MS = 10_000
const MOST_BYTES = 1024
/** Those may go well another time; all other refusals are about what was sent, or where. */
const WORTH_ANOTHER_TRY = new Set([408, 425, 429])

type Options = {
  headers?: Record<string, string>
  /** What to do about an answer, by a word in it. */
  remedies?: Record<string, string>
  signal?: AbortSignal
  timeoutMs?: number
}

/**
 * Posts JSON to an address that the admin gave, which may well be a private one. No redirect is followed, and of the
 * answer 1 KiB is read. Answers in words what the far side said.
 * @throws SendFailure; neither it nor the answer shows more of the address than its host
 */
export async function postJson(url: string, body: string, options: Options = {}): Promise<string> {
  const { host } = new URL(url)
  const limit = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json', 'user-agent': 'slipway', ...options.headers },
      body,
      signal: options.signal ? AbortSignal.any([limit, options.signal]) : limit,
    })
    const said = oneLine(await readStart(response))
    if (response.ok) return `${host} answered ${response.status}${said === '' ? '.' : `: ${said}`}`
    throw refusal(host, response, said, options.remedies)
  } catch (error) {
    options.signal?.throwIfAborted()
    if (error instanceof SendFailure) throw error
    const why = limit.aborted ? `it did not answer within ${(options.timeoutMs ?? TIMEOUT_MS) / 1000} s` : undefined
    throw new SendFailure(`${host} could not be reached: ${why ?? whyUnreachable(error)}.`)
  }
}

async function readStart({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body ?? []) {
    parts.push(part)
    size += part.length
    if (size >= MOST_BYTES) break
  }
  return Buffer.concat(parts).subarray(0, MOST_BYTES).toString('utf8')
}

function refusal(host: string, { status }: Response, said: string, remedies: Record<string, string> = {}): SendFailure {
  if (status >= 300 && status < 400) {
    return new SendFailure(`${host} answered ${status}, which leads elsewhere. Give the address it leads to.`, true)
  }
  const remedy = Object.entries(remedies).find(([word]) => said.includes(word))?.[1]
  const isFinal = status < 500 && !WORTH_ANOTHER_TRY.has(status)
  return new SendFailure(
    `${host} answered ${status}${said === '' ? '.' : `: ${said}`}${remedy === undefined ? '' : ` – ${remedy}`}`,
    isFinal,
  )
}
