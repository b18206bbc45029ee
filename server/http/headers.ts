import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'

/** The one style attribute that the UI's parts bring along: `display: contents;` around the groups of bits-ui's Command. */
const DISPLAY_CONTENTS = "'sha256-iaOezIDcQIoxCULa6FBKKuLUu09R7kG+Mlu+JVfU3Rw='"

/**
 * What a browser may do with our pages: load what comes from here, and nothing else. `'self'` covers the WebSockets of
 * the same origin, too (CSP Level 3, “Does url match expression in origin?”).
 */
const POLICY = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-hashes'", DISPLAY_CONTENTS],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'object-src': ["'none'"],
  'frame-ancestors': ["'none'"],
  'base-uri': ["'none'"],
}

/** Features of a browser that no page of ours has a use for. */
const PERMISSIONS = 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()'

/** Forms go to ourselves, and to GitHub: that is how an App is made there. */
export async function addHeaders(app: FastifyInstance, { githubUrl }: { githubUrl: string }): Promise<void> {
  const formAction = ["'self'", new URL(githubUrl).origin]
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { ...POLICY, 'form-action': formAction } },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'same-origin' },
    frameguard: { action: 'deny' },
    hsts: false,
  })
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('permissions-policy', PERMISSIONS)
  })
}
