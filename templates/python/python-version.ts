import type { Source } from '../../server/templates/source.ts'
import { pickVersion, readToolVersion, readVersionFile } from '../../server/templates/versions.ts'
import type { PyProject } from './pyproject.ts'

const LINES = ['3.8', '3.9', '3.10', '3.11', '3.12', '3.13', '3.14', '3.15']
/** Not the newest: most packages have wheels for this one. A range that allows it gets it. */
const DEFAULT = '3.13'
/** No version or range that a person wrote is longer. */
const MUCH = 200
/** Without security fixes as of November 2026 (devguide.python.org/versions). */
const ENDED = ['3.8', '3.9', '3.10']

export type PythonVersion = { tag: string; notes: string[] }

/** The tag of python's official image that the repository asks for. */
export async function readPythonVersion(source: Source, pyproject: PyProject): Promise<PythonVersion> {
  const asked = await askedVersion(source, pyproject)
  if (asked === undefined) return { tag: DEFAULT, notes: [] }
  const range = toRange(asked.version)
  const tag = (await pickVersion(range, [DEFAULT])) ?? (await pickVersion(range, LINES))
  const line = tag?.split('.').slice(0, 2).join('.')
  if (tag === undefined || line === undefined || !LINES.includes(line)) {
    const note = `${asked.file} asks for Python ${JSON.stringify(asked.version)}, which is no version from ${LINES[0]} to ${LINES.at(-1)}: built with ${DEFAULT}.`
    return { tag: DEFAULT, notes: [note] }
  }
  const ended = ENDED.includes(line)
    ? [`Python ${line}, which ${asked.file} asks for, gets no security fixes any more.`]
    : []
  return { tag, notes: ended }
}

type Asked = { version: string; file: string }

async function askedVersion(source: Source, { project, tool }: PyProject): Promise<Asked | undefined> {
  const pipfile = await source.toml<{ requires?: Record<string, string> }>('Pipfile')
  const python = tool?.poetry?.dependencies?.python
  const places: [string, string | undefined][] = [
    ['.python-version', await readVersionFile(source, '.python-version')],
    ['runtime.txt', await readVersionFile(source, 'runtime.txt')],
    ['.tool-versions', await readToolVersion(source, 'python')],
    ['Pipfile', pipfile?.requires?.python_full_version ?? pipfile?.requires?.python_version],
    ['pyproject.toml', project?.['requires-python'] ?? (typeof python === 'object' ? python.version : python)],
  ]
  const found = places.find(([, version]) => typeof version === 'string' && version !== '')
  return found && { file: found[0], version: String(found[1]).slice(0, MUCH) }
}

/** What PEP 440, Poetry and version managers write, as semver reads it. */
const toRange = (version: string) =>
  version
    .replace(/^(c?python-)/, '')
    .replace(/~=\s*(\d+)\.(\d+)\.(\d+)/g, '~$1.$2.$3')
    .replace(/~=\s*(\d+)\.(\d+)/g, '^$1.$2')
    .replace(/!=\s*[\d.*]+/g, '')
    .replace(/={2,3}/g, '')
    .replace(/\.\*/g, '.x')
    .replace(/,/g, ' ')
    .trim()
