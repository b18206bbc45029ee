import path from 'node:path'
import { AppError } from '../../../server/errors.ts'
import { partsIn, textIn, textsIn } from '../../../server/templates/parts.ts'
import type { App } from '../app.ts'
import { buildLine, buildText } from './build-script.ts'
import { type Family, startedBy } from './family.ts'
import { site } from './site.ts'

type Parts = Record<string, unknown>

/** angular.json says what is built, with which builder, and where to (angular.dev/reference/configs/workspace-config). */
export const angular: Family = async (app, start) => {
  const workspace = app.dependencies['@angular/core'] === undefined ? undefined : await app.source.json('angular.json')
  if (workspace === undefined) return undefined
  const [name, project] = chooseProject(app, partsIn(workspace))
  const { builder, options, configurations } = partsIn(partsIn(project.architect ?? project.targets).build)
  const chosen = { ...partsIn(options), ...partsIn(partsIn(configurations).production) }
  const { outputPath, ssr, outputMode, server }: Parts = chosen
  const {
    base,
    browser,
    server: serverFolder,
  } = foldersOf(outputPath, `dist/${name}`, !/:browser(-esbuild)?$|ngx-build-plus/.test(textIn(builder) ?? ''))
  const caches = ['.angular/cache']
  const build = buildLine(app, 'ng build')
  const rendered = outputMode === 'server' || (Boolean(ssr) && outputMode === undefined && server !== undefined)
  if (!rendered)
    return site(app, start, {
      name: 'Angular',
      build,
      folder: path.posix.join(base, browser),
      fallback: outputMode === 'static' ? '404' : 'spa',
      base: textIn(chosen.baseHref),
      caches,
    })
  return {
    name: 'Angular (server)',
    build,
    caches,
    ...startedBy(`node ${path.posix.join(base, serverFolder, 'server.mjs')}`, start, /^node \S*server\/server\.mjs$/),
    port: 4000,
    // Our nginx passes on no host but the app's own: what the framework checks by a list of hosts is checked there.
    env: { HOST: '0.0.0.0', NG_ALLOWED_HOSTS: '*' },
  }
}

function foldersOf(output: unknown, usual: string, application: boolean) {
  if (!application) return { base: textIn(output) ?? usual, browser: '', server: 'server' }
  const { base, browser = 'browser', server = 'server' } = textsIn(output)
  return { base: textIn(output) ?? base ?? usual, browser, server }
}

/** The one app, or the one that the build names. */
function chooseProject(app: App, { defaultProject, projects }: Parts): [string, Parts] {
  const apps = Object.entries(partsIn(projects))
    .map(([name, it]): [string, Parts] => [name, partsIn(it)])
    .filter(([, it]) => it.projectType !== 'library')
  const named = /\bng build\s+(?:--\S+\s+)*(?:--project[= ])?([\w@/-]+)/.exec(buildText(app))?.[1]
  const found =
    apps.find(([name]) => name === named) ??
    apps.find(([name]) => name === defaultProject) ??
    (apps.length === 1 ? apps[0] : undefined)
  if (found) return found
  throw new AppError(
    'several_apps',
    `angular.json has ${apps.length === 0 ? 'no app' : `several apps: ${apps.map(([name]) => name).join(', ')}`}. Name the one to build in the build script: ng build NAME.`,
    { field: 'overrides.buildCommand' },
  )
}
