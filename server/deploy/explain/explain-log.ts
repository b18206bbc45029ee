import { databases } from './databases.ts'
import { go } from './go.ts'
import { hosts } from './hosts.ts'
import { imports } from './imports.ts'
import { javascript } from './javascript.ts'
import { jvm } from './jvm.ts'
import { native } from './native.ts'
import { network } from './network.ts'
import { nodeInstall } from './node-install.ts'
import { nodeVersion } from './node-version.ts'
import { otherLanguages } from './other-languages.ts'
import { php } from './php.ts'
import { prisma } from './prisma.ts'
import { programs } from './programs.ts'
import { python } from './python.ts'
import { ruby } from './ruby.ts'
import type { Explanation, Rule, Stage } from './rule.ts'
import { system } from './system.ts'
import { variables } from './variables.ts'

/** Everything that is recognised, by what it is about. */
export const families: Readonly<Record<string, readonly Rule[]>> = {
  'Memory, disk, ports, rights': system,
  'Programs and scripts': programs,
  'What a build fetches': network,
  'Compiled parts': native,
  'Packages of Node': nodeInstall,
  'The version of Node': nodeVersion,
  'Scripts and compilers of JavaScript': javascript,
  'Imports of JavaScript': imports,
  Prisma: prisma,
  Python: python,
  Ruby: ruby,
  PHP: php,
  Go: go,
  'Java and Kotlin': jvm,
  'Rust, .NET, Elixir, Deno': otherLanguages,
  Variables: variables,
  Databases: databases,
  'Host names': hosts,
}

export const rules: readonly Rule[] = Object.values(families).flat()

const MAX_LINE = 4_000
const MAX_TEXT = 200_000
const MAX_FOUND = 200
const weights = { cause: 2, usual: 1, vague: 0 }

/**
 * Says why a build failed or an app did not start, by the last lines of its log; undefined where nothing is recognised.
 * Give it lines without secrets: it quotes them. The weightier rule wins, and of equal ones the one that matches last.
 */
export function explainLog(lines: readonly string[], stage: Stage): Explanation | undefined {
  const text = readable(lines)
  let best: { rule: Rule; places: RegExpExecArray[]; weight: number; at: number } | undefined
  for (const rule of rules) {
    if (rule.stage !== undefined && rule.stage !== stage) continue
    const places = [...text.matchAll(new RegExp(rule.pattern, `${rule.pattern.flags}g`))]
    const last = places.at(-1)
    if (!last) continue
    const weight = weights[rule.weight ?? 'usual']
    if (best && (weight < best.weight || (weight === best.weight && last.index < best.at))) continue
    best = { rule, places, weight, at: last.index }
  }
  return best && say(best.rule, best.places)
}

/** Without colours and other controls, and no longer than what the patterns were measured with. */
function readable(lines: readonly string[]): string {
  const kept = lines.map((line) => stripControls(line.slice(0, MAX_LINE)))
  return kept.join('\n').slice(-MAX_TEXT)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC.
const COLOUR = /\u001b\[[0-9;?]{0,32}[A-Za-z]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: they have no business in a sentence.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g
const stripControls = (line: string) => line.replace(COLOUR, '').replace(CONTROL, '')

function say(rule: Rule, places: RegExpExecArray[]): Explanation {
  const found = foundBy(rule, places)
  return {
    rule: rule.name,
    code: rule.code,
    message: fill(rule.message, found),
    hint: fill(rule.hint, found),
    ...(rule.isImport && found.wanted !== undefined && { wanted: found.wanted }),
  }
}

type Found = Record<string, string>

/** What each group found last; of the group `all`, everything. */
function foundBy({ all }: Rule, places: RegExpExecArray[]): Found {
  const named = places.flatMap(({ groups = {} }) => Object.entries(groups)).filter(([, text]) => text)
  const found = Object.fromEntries(named.map(([name, text]) => [name, text.slice(0, MAX_FOUND)]))
  if (all === undefined || found[all] === undefined) return found
  const every = named.filter(([name]) => name === all).map(([, text]) => text.slice(0, MAX_FOUND))
  return { ...found, [all]: enumerate([...new Set(every)]) }
}

function fill(template: string, found: Found): string {
  const put = (text: string) => text.replace(PLACE, (_, name: string) => found[name] ?? 'unknown')
  const parts = template.replace(/\[\[(.*?)\]\]/g, (_, part: string) =>
    [...part.matchAll(PLACE)].every(([, name = '']) => found[name] !== undefined) ? part : '',
  )
  return put(parts)
}

/** `{name}`, but not `${NAME}`, which is meant for a file. */
const PLACE = /\{([a-z]+)\}/g

/** “A”, “A and B”, “A, B, C and 2 more”. */
function enumerate(names: string[]): string {
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}
