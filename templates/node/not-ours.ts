import { AppError } from '../../server/errors.ts'
import { foldersWithApps } from '../../server/templates/find-folder.ts'
import type { App, Framework } from './app.ts'
import { readStart } from './frameworks/start-script.ts'
import type { Start } from './start-line.ts'

/** A program in another language: a package.json beside it is there for its assets, unless it clearly starts a server. */
const OTHERS =
  /^(manage\.py|requirements\.txt|pyproject\.toml|Pipfile|setup\.py|composer\.json|artisan|index\.php|Gemfile|config\.ru|mix\.exs|go\.mod|pom\.xml|build\.gradle(\.kts)?|Cargo\.toml|[^/]+\.(cs|fs)proj)$/
const DENO = /^deno\.(jsonc?|lock)$/

/** Whether another template has the app, however much its package.json looks like one. */
export async function isOfAnother(app: App, framework: Framework, start: Start | undefined): Promise<boolean> {
  if (start === undefined) return false
  if (/^deno /.test(start.program)) return true
  const besides = (mark: RegExp) => app.source.files.some((file) => mark.test(file))
  if (start.isGuessed) return besides(DENO) || besides(OTHERS)
  const isForDeveloping = framework.start === undefined && (await readStart(app)).kind === 'development'
  return isForDeveloping && besides(OTHERS)
}

/** Whether a package.json is only for tools that check and format, and the apps are in folders below. */
export const isOfFoldersBelow = ({ source, settings }: App, error: unknown) =>
  error instanceof AppError &&
  error.code === 'no_start_command' &&
  settings.template !== 'node' &&
  foldersWithApps(source).length > 0
