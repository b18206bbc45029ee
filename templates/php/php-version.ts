import { preferLine } from '../../server/templates/prefer-line.ts'
import type { Source } from '../../server/templates/source.ts'
import { pickVersion, readToolVersion, readVersionFile } from '../../server/templates/versions.ts'
import { type Composer, requirementsOf } from './composer.ts'

const LINES = ['7.4', '8.0', '8.1', '8.2', '8.3', '8.4', '8.5']
const DEFAULT = '8.4'
/** No constraint that a person wrote is longer. */
const MUCH = 300

/**
 * The PHP to run: of .php-version or .tool-versions, of Composer's config.platform, or the one that composer.json and
 * every locked package admit: the default where it fits, else the newest.
 */
export async function choosePhp(
  source: Source,
  composer: Composer | undefined,
): Promise<{ version: string; notes: string[] }> {
  const pinned = (await readVersionFile(source, '.php-version')) ?? (await readToolVersion(source, 'php'))
  const exact = await pickVersion(pinned, LINES)
  if (exact !== undefined) return { version: exact, notes: [] }
  const line =
    pinned === undefined ? await preferLine(constraintsOf(composer).map(asSemver), LINES, DEFAULT) : undefined
  if (line !== undefined) return { version: line, notes: [] }
  const wanted = pinned ?? constraintsOf(composer).join(' and ')
  return {
    version: DEFAULT,
    notes: wanted === '' ? [] : [`No PHP from ${LINES[0]} to ${LINES.at(-1)} is ${wanted}: PHP ${DEFAULT} is used.`],
  }
}

const constraintsOf = (composer: Composer | undefined): string[] => {
  const platform = composer?.json.platform.php
  if (platform !== undefined) return [platform.split('.').slice(0, 2).join('.')]
  const all = composer ? requirementsOf(composer).filter(([name]) => name === 'php' || name === 'php-64bit') : []
  return [...new Set(all.map(([, constraint]) => constraint))]
}

/**
 * A constraint of Composer in npm's words: `|` and `,` become `||` and a space, and `~8.1` admits 8.4 there
 * (getcomposer.org/doc/articles/versions.md).
 */
const asSemver = (constraint: string): string =>
  constraint
    .slice(0, MUCH)
    .replace(/@\w+/g, '')
    .replace(/\s*\|\|?\s*/g, ' || ')
    .replace(/\s*,\s*/g, ' ')
    .replace(/~(\d+(?:\.\d+)?)(?![.\d])/g, '^$1')
    .replace(/!=\s*[\d.*]+/g, '')
