import { preferLine } from '../../server/templates/prefer-line.ts'
import type { Source } from '../../server/templates/source.ts'
import { pickVersion, readToolVersion, readVersionFile } from '../../server/templates/versions.ts'
import type { Gems } from './gems.ts'

const LINES = ['2.7', '3.0', '3.1', '3.2', '3.3', '3.4', '4.0']
const DEFAULT = '3.4'

/** The Ruby to run: of .ruby-version or .tool-versions, of the Gemfile, or the one that wrote the lock file. */
export async function chooseRuby(
  source: Source,
  gems: Gems | undefined,
): Promise<{ version: string; notes: string[] }> {
  const file = (await readVersionFile(source, '.ruby-version')) ?? (await readToolVersion(source, 'ruby'))
  const wanted = file?.replace(/^ruby-/, '') ?? versionOfGemfile(gems) ?? gems?.ruby
  if (wanted === undefined) return { version: DEFAULT, notes: [] }
  const exact = /^\d+\.\d+\.\d+$/.test(wanted) ? await pickVersion(wanted, LINES) : undefined
  const isRange = /^[\d.<>=~^ ]+$/.test(wanted)
  const version = exact ?? (isRange ? await preferLine([asSemver(wanted)], LINES, DEFAULT) : undefined)
  if (version !== undefined) return { version, notes: [] }
  return {
    version: DEFAULT,
    notes: [`There is no image of Ruby ${JSON.stringify(wanted)}: Ruby ${DEFAULT} is used.`],
  }
}

/** `ruby "~> 3.2"`, `ruby ">= 3.1", "< 3.4"`. */
function versionOfGemfile(gems: Gems | undefined): string | undefined {
  const [, list] = /^[ \t]*ruby[ \t(]+((?:['"][^'"\n]{1,50}['"][, \t]{0,9}){1,9})/m.exec(gems?.gemfile ?? '') ?? []
  return list === undefined ? undefined : [...list.matchAll(/['"]([^'"]+)['"]/g)].map(([, it]) => it).join(' ')
}

/** `~> 3.2` admits 3.4 to Ruby, `~> 3.2.0` only 3.2. */
const asSemver = (range: string): string => range.replace(/~>\s*(\d+\.\d+)(?![.\d])/g, '^$1').replace(/~>\s*/g, '~')
