import { textIn } from '../../server/templates/parts.ts'
import type { Source } from '../../server/templates/source.ts'

/** What is read of pyproject.toml. It is what the reader hopes for: a repository can write anything. */
export type PyProject = {
  project?: {
    name?: string
    dependencies?: string[]
    dynamic?: string[]
    'requires-python'?: string
    scripts?: Record<string, string>
  }
  'build-system'?: object
  tool?: {
    poetry?: {
      name?: string
      dependencies?: Record<string, TableDependency>
      scripts?: Record<string, unknown>
    }
    uv?: { sources?: Record<string, TableDependency | TableDependency[]>; workspace?: object }
    pdm?: object
  }
}

/** A dependency as Poetry, uv and Pipenv write it: a version, or a table that says where it comes from. */
export type TableDependency =
  | string
  | { version?: string; extras?: string[]; git?: string; path?: string; workspace?: boolean; file?: string }

export const readPyProject = async (source: Source): Promise<PyProject> =>
  (await source.toml<PyProject>('pyproject.toml')) ?? {}

/** What the project calls itself, and the programs that it brings once it is installed. */
export function namesOf({ project, tool }: PyProject): { name: string | undefined; programs: string[] } {
  return {
    name: textIn(project?.name) ?? textIn(tool?.poetry?.name),
    programs: Object.keys({ ...project?.scripts, ...tool?.poetry?.scripts }),
  }
}

/** The requirements of PEP 621. */
export const dependenciesOf = ({ project }: PyProject): string[] => listOf(project?.dependencies)

/** The texts of what should be a list of texts. */
export const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((it): it is string => typeof it === 'string') : []
