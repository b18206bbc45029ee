import type { Install, InstallReader } from './install.ts'
import { addRequirement, addRequirementsFile, noPackages, type Packages } from './packages.ts'
import { dependenciesOf, listOf } from './pyproject.ts'

/** Where people keep the list that production installs, the likeliest first. */
const LISTS = [
  'requirements.txt',
  ...['production', 'prod', 'base', 'requirements', 'main', 'app'].map((it) => `requirements/${it}.txt`),
  ...['production', 'prod', 'base'].flatMap((it) => [`requirements-${it}.txt`, `requirements_${it}.txt`]),
]

/** Ours, made of pyproject.toml: pip cannot install a project's dependencies without the project. */
const LISTED = 'slipway-requirements.txt'

/** requirements.txt and those that it names. */
export const fromLists: InstallReader = async (source) => {
  const file = LISTS.find(source.has)
  if (file === undefined) return undefined
  const packages = noPackages()
  const manifests = await addRequirementsFile(packages, source, file)
  return { manager: 'pip', command: `pip install -r ${file}`, manifests, packages }
}

/** PEP 621, whatever builds the project: setuptools, Hatch, Flit. */
export const fromProject: InstallReader = async (_source, pyproject) => {
  if (listOf(pyproject.project?.dynamic).includes('dependencies')) return ofSources(noPackages())
  const lines = dependenciesOf(pyproject).map((line) => line.replace(/\s+/g, ' '))
  if (lines.length === 0) return undefined
  const packages = noPackages()
  for (const line of lines) addRequirement(packages, line)
  if (packages.needsSources) return ofSources(packages)
  const extraFiles = { [LISTED]: `${lines.join('\n')}\n` }
  return { manager: 'pip', command: `pip install -r ${LISTED}`, manifests: [], packages, extraFiles }
}

/** setup.py and setup.cfg say by running what they need. */
export const fromSetup: InstallReader = async (source) =>
  ['setup.py', 'setup.cfg'].some(source.has) ? ofSources(noPackages()) : undefined

function ofSources(packages: Packages): Install {
  return { manager: 'pip', command: 'pip install .', manifests: [], packages: { ...packages, needsSources: true } }
}
