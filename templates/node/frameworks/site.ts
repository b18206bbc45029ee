import path from 'node:path'
import { AppError } from '../../../server/errors.ts'
import type { StaticServing } from '../../static/nginx.ts'
import { checkPath } from '../../static/nginx.ts'
import type { App, Framework } from '../app.ts'
import type { Start } from './start-script.ts'

type Site = {
  name: string
  build?: string
  /** Where the build writes, below the app's folder. */
  folder: string
  fallback: StaticServing['fallback']
  /** As its configuration has it: `/repo/`, or a whole address. */
  base?: string | undefined
  page?: string
  immutable?: string[]
  caches?: string[]
  notes?: string[]
}

/**
 * An app whose build writes files to be served. A start script that is a program of its own wins: a server of the same
 * package that serves those files.
 */
export function site(
  { source, settings }: App,
  start: Start,
  { folder: written, base, notes = [], ...rest }: Site,
): Framework {
  const { name, build, caches } = rest
  const common = { ...(build !== undefined && { build }), ...(caches && { caches }) }
  if (start.kind === 'server') return { name: `${name} with its own server`, ...common, notes }
  const folder = settings.outputDir ?? inside(written)
  const prefix = baseOf(base)
  const servedUnhashed = source.files.some((it) =>
    rest.immutable?.some((hashed) => it.includes(`/${hashed}/`) && /^(public|static)\//.test(it)),
  )
  return {
    name: rest.fallback === 'spa' ? `${name} (single-page app)` : `${name} (static)`,
    ...common,
    serve: {
      folder,
      fallback: rest.fallback,
      ...(rest.page !== undefined && { page: rest.page }),
      ...(prefix !== '' && { base: prefix }),
      ...(rest.immutable && !servedUnhashed && { immutable: rest.immutable }),
    },
    needsNodeModules: false,
    ...(prefix !== '' && { healthPath: `${prefix}/` }),
    notes: [
      ...noteOnStart(start),
      ...(prefix === '' ? [] : [`The app is built to lie at ${prefix}/: it is served there, and / leads to it.`]),
      ...notes,
    ],
  }
}

function noteOnStart(start: Start): string[] {
  if (start.kind === 'development')
    return [
      `The start script (${start.command}) is a server for developing: the built files are served by nginx instead.`,
    ]
  if (start.kind === 'files') return [`The start script (${start.command}) hands out files: nginx does it instead.`]
  return []
}

/** The path of a base: of `https://acme.github.io/app` too; '' for the top and for relative addresses. */
function baseOf(base: string | undefined): string {
  const pathname = URL.canParse(base ?? '') ? new URL(base ?? '').pathname : (base ?? '')
  const inner = pathname.startsWith('/') ? pathname.replace(/^\/+|\/+$/g, '') : ''
  return inner === '' ? '' : `/${checkPath(inner)}`
}

function inside(folder: string): string {
  const normal = path.posix.normalize(folder).replace(/\/+$/, '')
  if (!normal.startsWith('..') && !normal.startsWith('/')) return normal === '.' ? '' : checkPath(normal)
  throw new AppError(
    'no_start_command',
    `The build writes to ${folder}, which is outside the app's folder. Let it write inside, such as to dist, or name the folder above as the root folder.`,
    { field: 'rootDir' },
  )
}
