import type { CodeFile } from './code.ts'

/** How Python imports a file: `root` is the folder that must be on its path, '' for the app's own. */
export type Module = { root: string; name: string }

/**
 * By what name a file is imported, and from where: one that imports its neighbours by their bare names from its own folder,
 * one that names them from the top from there. Undefined where a folder has a name that cannot be imported.
 */
export function moduleOf({ file, text }: CodeFile, files: readonly string[]): Module | undefined {
  const folders = file.split('/').slice(0, -1)
  const roots = ['', ...folders.map((_, depth) => folders.slice(0, depth + 1).join('/'))]
  const isRelative = /^[ \t]*from[ \t]+\./m.test(text) && !file.endsWith('__init__.py')
  const usable = roots
    .map((root) => ({ root, name: nameFrom(root, file) }))
    .filter(({ name }) => IMPORTABLE.test(name) && (!isRelative || name.includes('.')))
  const locals = [...text.matchAll(/^[ \t]*(?:from|import)[ \t]+([A-Za-z_]\w*)/gm)].map(([, name = '']) => name)
  const said = usable.find(({ root }) => locals.some((name) => hasModule(files, root, name)))
  return said ?? usable.find(({ root }) => root !== '' || !isSourceFolder(folders, files)) ?? usable[0]
}

const IMPORTABLE = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/

const nameFrom = (root: string, file: string) =>
  file
    .slice(root === '' ? 0 : root.length + 1)
    .replace(/(\/__init__)?\.py$/, '')
    .replaceAll('/', '.')

function hasModule(files: readonly string[], root: string, name: string): boolean {
  const at = root === '' ? name : `${root}/${name}`
  return files.some((it) => it === `${at}.py` || (it.startsWith(`${at}/`) && it.endsWith('.py')))
}

/** `src` is where projects keep their packages, and seldom a package itself. */
const isSourceFolder = ([first]: string[], files: readonly string[]) =>
  first === 'src' && !files.includes('src/__init__.py')
