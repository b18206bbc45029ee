import type { App, Framework } from '../app.ts'
import { angular } from './angular.ts'
import { astro } from './astro.ts'
import type { Family } from './family.ts'
import { adonis, httpServers, nest, ownServer, withoutWatching } from './http-servers.ts'
import { next } from './next.ts'
import { nitro } from './nitro.ts'
import { nuxt } from './nuxt.ts'
import { plainPages } from './plain-pages.ts'
import { reactRouter } from './react-router.ts'
import { docusaurus, eleventy, gatsby, hexo, pressed } from './site-generators.ts'
import { portIn, readStart, type Start } from './start-script.ts'
import { svelteKit } from './svelte.ts'
import { vike, vite } from './vite.ts'
import { createReactApp, expo, otherApps, vueCli } from './webpack-apps.ts'

/** What makes whole apps, the more particular first: most of them have Vite or React beside them. */
const FRAMEWORKS: Family[] = [
  next,
  nuxt,
  svelteKit,
  reactRouter,
  astro,
  nitro,
  angular,
  nest,
  adonis,
  gatsby,
  docusaurus,
  eleventy,
  hexo,
]

/** What makes pages only: a server of the same package is the app then. */
const PAGES: Family[] = [vike, createReactApp, vueCli, expo, vite, otherApps, pressed, plainPages]

/**
 * The framework an app is built with, found by its dependencies, its scripts and its configuration: `Node.js` for a plain
 * program.
 * @throws no_start_command when it is built for another host, or nothing of it listens
 */
export async function recogniseFramework(app: App): Promise<Framework> {
  const start = await readStart(app)
  const found = (await firstOf(FRAMEWORKS, app, start)) ?? (await pages(app, start)) ?? (await httpServers(app, start))
  return withNoteOnOutput(withStart(found ?? { name: 'Node.js' }, start, app), app)
}

async function firstOf(families: readonly Family[], app: App, start: Start): Promise<Framework | undefined> {
  for (const family of families) {
    const found = await family(app, start)
    if (found) return found
  }
  return undefined
}

async function pages(app: App, start: Start): Promise<Framework | undefined> {
  const server = start.kind === 'server' || app.settings.outputDir !== undefined ? undefined : await ownServer(app)
  if (server === undefined) return firstOf(PAGES, app, start)
  const found = await firstOf(PAGES, app, { kind: 'server', command: server, own: false })
  return (
    found && {
      ...found,
      start: `node ${server}`,
      notes: [
        ...(found.notes ?? []),
        `${server} is a server of this package: it is run, and not the pages alone served.`,
      ],
    }
  )
}

/** Last, what the start script says beyond the framework: another name, a port that it fixes, a file that it only watches. */
function withStart(found: Framework, start: Start, app: App): Framework {
  if (found.serve || found.start !== undefined) return found
  if (start.kind === 'server') return { ...found, ...started(start, app) }
  const line = start.kind === 'development' ? withoutWatching(start.command) : undefined
  if (start.kind !== 'development' || line === undefined) return found
  const note = `The start script (${start.command}) restarts for developing: ${line} runs instead.`
  return { ...found, start: line, notes: [...(found.notes ?? []), note] }
}

function started({ command, own, script }: Start & { kind: 'server' }, app: App): Partial<Framework> {
  const port = portIn(command) ?? (own ? undefined : portIn(app.scripts[script ?? 'start'] ?? ''))
  return { ...(port !== undefined && { port }), ...(script !== undefined && { start: app.run(script) }) }
}

const withNoteOnOutput = (found: Framework, { settings: { outputDir } }: App): Framework =>
  outputDir === undefined || found.serve
    ? found
    : {
        ...found,
        notes: [
          ...(found.notes ?? []),
          `The output folder ${outputDir} is not used: ${found.name} is a program that runs.`,
        ],
      }
