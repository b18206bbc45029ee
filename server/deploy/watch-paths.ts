import path from 'node:path'

/**
 * Whether one of the files is watched. A pattern is a glob from the repository's top; one without special characters is
 * a file, or a folder with all that is in it. No pattern watches everything.
 */
export function isWatched(patterns: readonly string[], files: readonly string[]): boolean {
  if (patterns.length === 0) return true
  return patterns.some((pattern) => files.some((file) => fits(pattern, file)))
}

function fits(pattern: string, file: string): boolean {
  const folder = pattern.replace(/\/+$/, '')
  return file === folder || file.startsWith(`${folder}/`) || path.matchesGlob(file, folder)
}
