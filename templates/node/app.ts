import type { Settings } from '../../server/templates/settings.ts'
import type { Source } from '../../server/templates/source.ts'
import type { StaticServing } from '../static/nginx.ts'

/** What is read of a package.json, by package-json.ts, which leaves out what is something else. */
export type PackageJson = {
  name?: string
  type?: string
  main?: string
  bin?: string | Record<string, string>
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  packageManager?: string
  engines?: Record<string, string>
  devEngines?: { runtime: Tool[]; packageManager: Tool[] }
  volta?: Record<string, string>
  workspaces?: string[]
  homepage?: string
  pnpm?: Record<string, unknown>
  prisma?: { schema?: string }
}

export type Tool = { name?: string; version?: string }

/** An app with a package.json, as the recognition of frameworks sees it. */
export type App = {
  /** The app's folder. */
  source: Source
  packageJson: PackageJson
  /** Of all kinds, name → wanted version. */
  dependencies: Record<string, string>
  scripts: Record<string, string>
  /** The line that runs a script of package.json: `pnpm run build`. */
  run: (script: string) => string
  /** The line that runs a program that a dependency brings, in the build and in the final image: `next start`. */
  exec: (program: string) => string
  settings: Settings
  /** The app's folder below the top of its workspace; '' when it is no part of one. */
  folder: string
}

/** How an app of a known framework is built and run. What is left out is found by convention. */
export type Framework = {
  /** `Next.js (standalone)` */
  name: string
  build?: string
  start?: string
  /** For a site of files: nothing runs then but nginx. The folder is below the app's. */
  serve?: StaticServing
  port?: number
  healthPath?: string
  /** Of the final image, e.g. HOST=0.0.0.0. */
  env?: Record<string, string>
  /** What alone goes into the final image, from and to below the app's folder: `.next/standalone` to `.`. */
  copy?: { from: string; to: string }[]
  /** False when what is copied brings all it needs. */
  needsNodeModules?: boolean
  /** Folders below the app's that the next build reuses: `.next/cache`. */
  caches?: string[]
  notes?: string[]
}
