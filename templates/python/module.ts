import type { CodeFile } from './code.ts'

/** How Python imports a file: `root` is the folder that must be on its path, '' for the app's own. */
export type Module = { root: string; name: string }

/**
 * By what name a file is imported, and from where: one that imports its neighbours by their bare names from its own folder,
 * one that names them from the top from there. Undefined where a folder has a name that cannot be imported.
 */
export function moduleOf({ file, text }: CodeFile, modules: ReadonlySet<string>): Module | undefined {
  const folders = file.split('/').slice(0, -1)
  const roots = ['', ...folders.map((_, depth) => folders.slice(0, depth + 1).join('/'))]
  const isRelative = /^[ \t]*from[ \t]+\./m.test(text) && !file.endsWith('__init__.py')
  const usable = roots
    .map((root) => ({ root, name: nameFrom(root, file) }))
    .filter(({ name }) => IMPORTABLE.test(name) && (!isRelative || name.includes('.')))
  const locals = [...text.matchAll(/^[ \t]*(?:from|import)[ \t]+([A-Za-z_]\w*)/gm)].map(([, name = '']) => name)
  const said = usable.find(({ root }) => locals.some((name) => modules.has(root === '' ? name : `${root}/${name}`)))
  return said ?? usable.find(({ root }) => root !== '' || !isSourceFolder(folders, modules)) ?? usable[0]
}

const IMPORTABLE = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/

const nameFrom = (root: string, file: string) =>
  file
    .slice(root === '' ? 0 : root.length + 1)
    .replace(/(\/__init__)?\.py$/, '')
    .replaceAll('/', '.')

/** `src` is where projects keep their packages, and seldom a package itself. */
const isSourceFolder = ([first]: string[], modules: ReadonlySet<string>) =>
  first === 'src' && !modules.has('src/__init__')

/** The paths of all that can be imported, files without their ending and folders with Python in them. */
export function modulesOf(files: readonly string[]): ReadonlySet<string> {
  const modules = new Set<string>()
  for (const file of files.filter((it) => it.endsWith('.py'))) {
    const parts = file.slice(0, -3).split('/')
    for (let depth = 1; depth <= parts.length; depth++) modules.add(parts.slice(0, depth).join('/'))
  }
  return modules
}
