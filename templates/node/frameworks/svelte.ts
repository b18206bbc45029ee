import type { App, Framework } from '../app.ts'
import { buildLine } from './build-script.ts'
import { block, literal, readConfig } from './config.ts'
import type { Family } from './family.ts'
import { madeForAnother, startedBy } from './family.ts'
import { site } from './site.ts'
import type { Start } from './start-script.ts'

const REMEDY =
  'Use @sveltejs/adapter-node in its place (npx sv add sveltekit-adapter), or @sveltejs/adapter-static for a site of files.'

/** svelte.dev/docs/kit/adapters. The adapter stands in svelte.config.js, or since SvelteKit 2.62 in vite.config.ts. */
export const svelteKit: Family = async (app, start) => {
  if (app.dependencies['@sveltejs/kit'] === undefined) return undefined
  const configs = [await readConfig(app.source, 'svelte.config'), await readConfig(app.source, 'vite.config')].join(
    '\n',
  )
  const adapter = /["']((?:@sveltejs\/|@[\w-]+\/)?[\w-]*adapter-[\w/-]+|svelte-kit-sst)["']/.exec(configs)?.[1]
  const build = buildLine(app, 'vite build')
  if (adapter === '@sveltejs/adapter-static') return staticSite(app, start, configs, build)
  if (adapter === '@sveltejs/adapter-auto' || adapter === undefined) return automatic(app, start, build)
  if (/vercel|netlify|cloudflare|azure|amplify|sst|firebase|deno|appengine/.test(adapter))
    throw madeForAnother('SvelteKit', adapter, REMEDY)
  return onNode(start, build, adapter === '@sveltejs/adapter-node' ? literal(configs, 'out') : undefined)
}

/** Trusts what our nginx says of the visitor's address: forms are refused where the origin is not the expected. */
const onNode = (start: Start, build: string, out = 'build'): Framework => ({
  name: 'SvelteKit',
  build,
  ...startedBy(`node ${/^[\w./-]+$/.test(out) ? out : 'build'}`, start, /^node (\.\/)?build(\/(index\.js)?)?$/),
  port: 3000,
  env: { HOST: '0.0.0.0', PROTOCOL_HEADER: 'x-forwarded-proto', HOST_HEADER: 'x-forwarded-host' },
})

/**
 * adapter-auto takes its adapter by the host it finds itself on, and installs it. Of those it knows Google Cloud Run
 * (GCP_BUILDPACKS) is the one where a plain Node server runs (its adapters.js).
 */
function automatic(app: App, start: Start, build: string): Framework {
  const hasNode = app.dependencies['@sveltejs/adapter-node'] !== undefined
  const { notes = [], ...rest } = onNode(start, `GCP_BUILDPACKS=slipway ${build}`)
  const note = 'adapter-auto knows no machine like this one: it is told to take @sveltejs/adapter-node'
  return {
    ...rest,
    notes: [
      ...notes,
      `${note}${hasNode ? '' : ', which it installs in each build. Put that adapter in its place for a faster build and a fixed version'}.`,
    ],
  }
}

function staticSite(app: App, start: Start, configs: string, build: string): Framework {
  const fallback = literal(configs, 'fallback')
  const single = fallback !== undefined && fallback !== '404.html'
  return site(app, start, {
    name: 'SvelteKit',
    build,
    folder: literal(configs, 'pages') ?? 'build',
    fallback: single ? 'spa' : '404',
    ...(single && { page: fallback }),
    base: literal(block(configs, 'paths'), 'base'),
  })
}
