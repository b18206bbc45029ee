import path from 'node:path'
import type { Source } from '../../server/templates/source.ts'
import { listOf, type TableDependency } from './pyproject.ts'

/** What manifests ask for. */
export type Packages = {
  /** Names as PyPI compares them (lower case, hyphens) → their extras. */
  names: Map<string, string[]>
  /** Something comes from a Git repository: the build needs git. */
  needsGit: boolean
  /** Something lies in the repository itself: the manifests alone do not do. */
  needsSources: boolean
}

export const noPackages = (): Packages => ({ names: new Map(), needsGit: false, needsSources: false })

/** PEP 503: names that differ in case or in the kind of hyphen are one. */
const normalize = (name: string) => name.toLowerCase().replace(/[-_.]+/g, '-')

/** Takes in a requirement as pip writes it (PEP 508, or a line of a requirements file). */
export function addRequirement(packages: Packages, line: string): void {
  packages.needsGit ||= /\bgit\+/.test(line)
  packages.needsSources ||=
    /^(-e|--editable)[ =]*(?!git\+|https?:)|^\.{1,2}(\/|$|\[)|\bfile:|^[\w./-]+\/?\.(whl|tar\.gz)/.test(line)
  const [, name, extras = ''] = /^([A-Za-z0-9][\w.-]*)[ \t]*(?:\[([^\]]*)\])?/.exec(line) ?? []
  if (name !== undefined)
    packages.names.set(
      normalize(name),
      extras
        .split(',')
        .map((it) => it.trim())
        .filter(Boolean),
    )
}

/** Takes in a table of dependencies as Poetry and Pipenv write it. */
export function addTable(packages: Packages, table: Record<string, TableDependency> = {}): void {
  for (const [name, wanted] of Object.entries(table)) {
    if (name === 'python') continue
    packages.names.set(normalize(name), typeof wanted === 'object' ? listOf(wanted.extras) : [])
    addOrigin(packages, wanted)
  }
}

/** Takes in where a dependency comes from, when it is not the index. */
export function addOrigin(packages: Packages, wanted: TableDependency): void {
  if (typeof wanted !== 'object' || wanted === null) return
  packages.needsGit ||= wanted.git !== undefined
  packages.needsSources ||= wanted.path !== undefined || wanted.file !== undefined || wanted.workspace === true
}

/** Takes in a requirements file and those that it names, and answers all that were read. */
export async function addRequirementsFile(
  packages: Packages,
  source: Source,
  file: string,
  seen: string[] = [],
): Promise<string[]> {
  const text = seen.includes(file) ? undefined : await source.text(file)
  if (text === undefined) return seen
  let read = [...seen, file]
  for (const line of text.split(/\r?\n/).map((it) => it.replace(/(^|\s)#.*/, '').trim())) {
    const named = /^(?:-r|-c|--requirement|--constraint)[ =]*(\S+)/.exec(line)?.[1]
    if (named === undefined) addRequirement(packages, line)
    else read = await addRequirementsFile(packages, source, path.posix.join(path.posix.dirname(file), named), read)
  }
  return read
}
