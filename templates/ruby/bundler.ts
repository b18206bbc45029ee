import type { Source } from '../../server/templates/source.ts'
import type { Gems } from './gems.ts'

/** How Bundler installs: what the Dockerfile is told, and what the people are. */
export type Bundling = {
  install: string
  /** Variables of Bundler beside those that always hold. */
  env: Record<string, string>
  /** Whether the Gemfile needs more than itself to be read. */
  sourcesFirst: boolean
  hasVendoredGems: boolean
  notes: string[]
}

/** A lock file is followed to the letter, except that a platform of ours is added to one that only knows others. */
export function planBundling(source: Source, gems: Gems): Bundling {
  const isForeign = gems.hasLock && !gems.platforms.some((it) => it === 'ruby' || it.includes('linux'))
  const isAncient = gems.bundler !== undefined && /^(1|2\.[0-2])\./.test(gems.bundler)
  return {
    install: isForeign ? `${ADD_PLATFORM} && bundle install` : 'bundle install',
    env: {
      ...(gems.hasLock && { BUNDLE_DEPLOYMENT: '1' }),
      ...(isAncient && { BUNDLE_VERSION: 'system' }),
    },
    sourcesFirst:
      /^[ \t]*(gemspec|eval_gemfile|require_relative)\b|\bpath(:|\s*=>|\s+['"])|File\.read|instance_eval/m.test(
        gems.gemfile,
      ),
    hasVendoredGems: source.find('vendor/cache/*.gem').length > 0,
    notes: [
      ...(gems.hasLock ? [] : ['There is no Gemfile.lock: each build takes the newest gems. Commit it.']),
      ...(isForeign
        ? [
            `Gemfile.lock is for ${gems.platforms.join(', ')} only: Linux is added while building. Run \`bundle lock --add-platform x86_64-linux\` and commit it.`,
          ]
        : []),
      ...(isAncient
        ? [
            `Gemfile.lock is of Bundler ${gems.bundler}, which the Ruby of today does not run: its own Bundler installs.`,
          ]
        : []),
    ],
  }
}

const ADD_PLATFORM =
  'BUNDLE_DEPLOYMENT=false BUNDLE_FROZEN=false bundle lock --add-platform "$(ruby -e \'print RUBY_PLATFORM\')"'
