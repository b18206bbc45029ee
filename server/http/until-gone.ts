import type { FastifyReply } from 'fastify'

/** Fires when nobody waits for the reply any more. Fastify's own signal fires as soon as the body was read (Node 24). */
export function untilGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  raw.once('close', () => gone.abort())
  return gone.signal
}
