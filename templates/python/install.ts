import type { Source } from '../../server/templates/source.ts'
import { pdm, pipenv, poetry, uv } from './managers.ts'
import { noPackages, type Packages } from './packages.ts'
import { fromLists, fromProject, fromSetup } from './pip.ts'
import type { PyProject } from './pyproject.ts'

/** How the dependencies get into the virtual environment. */
export type Install = {
  manager: 'pip' | 'uv' | 'poetry' | 'pdm' | 'pipenv'
  /** Undefined where there is nothing to install. */
  command?: string
  /** By what requirement pip gets the manager. */
  tool?: string
  /** The files that the command reads. */
  manifests: string[]
  packages: Packages
  /** Files that we bring for it. */
  extraFiles?: Record<string, string>
}

/** Answers how the dependencies are installed, where it knows any. */
export type InstallReader = (source: Source, pyproject: PyProject) => Promise<Install | undefined>

/** A lock file says more than a list, and a list more than the project's metadata. */
const READERS: InstallReader[] = [uv, poetry, pdm, pipenv, fromLists, fromProject, fromSetup]

/** The first that knows dependencies: a pyproject.toml that only keeps a linter's settings is none. */
export async function readInstall(source: Source, pyproject: PyProject): Promise<Install> {
  for (const read of READERS) {
    const install = await read(source, pyproject)
    if (install) return install
  }
  return { manager: 'pip', manifests: [], packages: noPackages() }
}
