import type { Source } from '../../server/templates/source.ts'
import type { PackageJson } from './app.ts'

/** A package.json and the folder it lies in, below the project's top. */
export type Member = { folder: string; source: Source; packageJson: PackageJson }

/** What is installed together: a package by itself, or a workspace of many. */
export type Project = {
  /** Where the lock file lies. */
  top: Source
  /** The app's folder below it; '' when that is the top. */
  folder: string
  /** The top first. */
  members: Member[]
}

/** A package that is no part of a workspace. */
export const singlePackage = (source: Source, packageJson: PackageJson): Project => ({
  top: source,
  folder: '',
  members: [{ folder: '', source, packageJson }],
})
