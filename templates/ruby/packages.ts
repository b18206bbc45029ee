import { type Gems, hasGem } from './gems.ts'

type Needs = { gem: string; build?: string[]; run?: string[] }

/** Debian packages that gems are built with and run with; gems that bring what they need are not here. */
const NEEDS: Needs[] = [
  { gem: 'pg', build: ['libpq-dev'], run: ['libpq5'] },
  { gem: 'mysql2', build: ['default-libmysqlclient-dev'], run: ['libmariadb3'] },
  { gem: 'trilogy', build: ['libssl-dev'] },
  { gem: 'sqlite3', build: ['libsqlite3-dev'], run: ['libsqlite3-0'] },
  { gem: 'tiny_tds', build: ['freetds-dev'], run: ['libsybdb5'] },
  { gem: 'ruby-vips', run: ['libvips'] },
  { gem: 'image_processing', run: ['libvips'] },
  { gem: 'mini_magick', run: ['imagemagick'] },
  { gem: 'rmagick', build: ['libmagickwand-dev'], run: ['imagemagick'] },
  { gem: 'rugged', build: ['cmake', 'libssl-dev'] },
  { gem: 'charlock_holmes', build: ['libicu-dev', 'zlib1g-dev'], run: ['libicu-dev'] },
  { gem: 'curb', build: ['libcurl4-openssl-dev'], run: ['libcurl4'] },
  { gem: 'idn-ruby', build: ['libidn-dev'], run: ['libidn12'] },
  { gem: 'ffi', build: ['libffi-dev'] },
  { gem: 'nokogiri', build: ['zlib1g-dev'] },
  { gem: 'rails', run: ['libjemalloc2'] },
]

/** What is installed for the gems beyond the compiler. Every name is from the list above. */
export function packagesFor(gems: Gems | undefined): { build: string[]; run: string[] } {
  const needed = NEEDS.filter(({ gem }) => hasGem(gems, gem))
  const unique = (names: string[]) => [...new Set(names)].sort()
  return {
    build: unique(needed.flatMap((it) => it.build ?? [])),
    run: unique(needed.flatMap((it) => it.run ?? [])),
  }
}
