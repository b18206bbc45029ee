/** A small app of a framework in tests/fixtures/frameworks, and what is expected of it once it is deployed. */
export type FrameworkApp = {
  /** Its folder. */
  fixture: string
  /** As the plan names it. */
  framework: string
  /** Where the app is in its workspace. */
  rootDir?: string
  /** What `/` holds. A server that can greets whom GREETER names: a variable of the run, not of the build. */
  says: string
  /** A file that the page links to, to be kept for a year unless `kept` says otherwise. */
  asset?: RegExp
  kept?: RegExp
  /** It is an app of a single page: any address without a file answers the front page. */
  isSinglePage?: true
}

export const GREETER = 'whom the variable names'
const greeting = `Hello from ${GREETER}`

const VITE = { asset: /\/assets\/[^"]+\.js/, isSinglePage: true } as const
const NEXT = /\/_next\/static\/[^"]+\.css/
const SVELTEKIT = /_app\/immutable\/[^"]+\.js/
const ASTRO = /\/_astro\/[^"]+\.css/

const servers: FrameworkApp[] = [
  { fixture: 'next', framework: 'Next.js', says: greeting, asset: NEXT },
  { fixture: 'next-standalone', framework: 'Next.js (standalone)', says: greeting, asset: NEXT },
  { fixture: 'nuxt', framework: 'Nuxt', says: greeting, asset: /\/_nuxt\/[^"]+\.js/ },
  { fixture: 'sveltekit-node', framework: 'SvelteKit', says: greeting, asset: SVELTEKIT },
  { fixture: 'astro-node', framework: 'Astro (server)', says: greeting, asset: ASTRO },
  { fixture: 'react-router', framework: 'React Router', says: greeting, asset: /\/assets\/[^"]+\.js/ },
  { fixture: 'nest', framework: 'NestJS', says: 'Hello from nest' },
  { fixture: 'express', framework: 'Express', says: 'Hello from express', asset: /\/assets\/.+\.css/, kept: /=3600/ },
]

const sites: FrameworkApp[] = [
  { fixture: 'next-export', framework: 'Next.js (static)', says: 'Hello from next-export', asset: NEXT },
  {
    fixture: 'sveltekit-static',
    framework: 'SvelteKit (static)',
    says: 'Hello from sveltekit-static',
    asset: SVELTEKIT,
  },
  { fixture: 'astro-static', framework: 'Astro (static)', says: 'Hello from astro-static', asset: ASTRO },
  {
    fixture: 'angular',
    framework: 'Angular (single-page app)',
    says: 'Hello from angular',
    asset: /main-[^"]+\.js/,
    isSinglePage: true,
  },
  ...['React', 'Vue', 'Svelte'].map((library) => ({
    fixture: `vite-${library.toLowerCase()}`,
    framework: `Vite with ${library} (single-page app)`,
    says: `Hello from vite-${library.toLowerCase()}`,
    ...VITE,
  })),
]

const workspaces: FrameworkApp[] = [
  { fixture: 'npm-workspace', framework: 'Fastify', rootDir: 'apps/api', says: 'Hello from npm-workspace' },
  { fixture: 'pnpm-workspace', framework: 'Hono', rootDir: 'apps/api', says: 'Hello from pnpm-workspace' },
  {
    fixture: 'yarn-workspace',
    framework: 'Vite (single-page app)',
    rootDir: 'apps/web',
    says: 'Hello from yarn-workspace',
    ...VITE,
  },
  { fixture: 'turborepo', framework: 'Koa', rootDir: 'apps/api', says: 'Hello from turborepo' },
]

export const frameworkApps = [...servers, ...sites, ...workspaces]
