import { AppError } from '../../server/errors.ts'
import type { App, Framework } from './app.ts'
import { hasGem } from './gems.ts'

/** A site that a generator of Ruby builds. @throws no_start_command for one of Jekyll without a Gemfile */
export async function site(app: App): Promise<Framework | undefined> {
  const { source, gems, settings } = app
  if (source.has('_config.yml') && hasGem(gems, 'jekyll', 'github-pages')) return jekyll(app)
  if (source.has('config.rb') && hasGem(gems, 'middleman', 'middleman-cli'))
    return { name: 'Middleman', build: 'bundle exec middleman build', site: settings.outputDir ?? 'build' }
  const isJekyll =
    source.has('_config.yml') && !source.has('package.json') && source.find('_{layouts,posts}/*').length > 0
  if (gems === undefined && isJekyll)
    throw new AppError(
      'no_start_command',
      'This looks like a site of Jekyll, but there is no Gemfile. Add one with `gem "jekyll"`, or with `gem "github-pages"` for what GitHub builds with.',
    )
  return undefined
}

/** GitHub serves a project below its name, and the site says so as its baseurl; here it has a host to itself. */
async function jekyll({ source, settings }: App): Promise<Framework> {
  const config = await source.yaml<{ baseurl?: unknown } | null>('_config.yml')
  const baseurl = typeof config?.baseurl === 'string' ? config.baseurl.replace(/^\/+|\/+$/g, '') : ''
  const folder = settings.outputDir ?? '_site'
  return {
    name: 'Jekyll',
    build: `bundle exec jekyll build --baseurl "" --destination ${folder}`,
    site: folder,
    env: { JEKYLL_ENV: 'production' },
    notes:
      baseurl === ''
        ? []
        : ['_config.yml has a baseurl; the site lies at the top of its own host and is built without it.'],
  }
}
