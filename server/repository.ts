import { AppError } from './errors.ts'

/** `tree` is what stands behind `/tree/`, a branch and perhaps a folder: `readTree` tells them apart. */
export type RepositoryRef = { url: string; owner: string; name: string; tree?: string }

const OWNER = /^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/

/**
 * Understands every usual way to write a repository and rebuilds it as `<githubUrl>/<owner>/<name>`: nothing of the
 * typed text but owner, name and `tree` survives, so no other host, scheme or option can be meant.
 * `githubUrl` is the configured host.
 * @throws invalid_input when it is not a repository of that host.
 */
export function parseRepository(typed: string, githubUrl: string): RepositoryRef {
  const path = pathOf(typed.trim(), new URL(githubUrl))
  const [owner = '', rawName = '', kind, ...rest] = path.split('/')
  const name = rawName.replace(/\.git$/, '')
  if (!OWNER.test(owner) || !NAME.test(name) || (kind !== undefined && kind !== 'tree')) throw notARepository(githubUrl)
  const ref: RepositoryRef = { url: `${githubUrl}/${owner}/${name}`, owner, name }
  if (kind === undefined) return ref
  return { ...ref, tree: rest.map(decodeSegment).join('/') }
}

/**
 * Branch and folder of a `tree`. Both may contain slashes, so the longest of `branches` that fits is taken, and where
 * none does, the first part.
 * @throws invalid_input
 */
export function readTree(tree: string, branches: string[]): { branch: string; dir: string } {
  const fitting = branches.filter((it) => tree === it || tree.startsWith(`${it}/`))
  const branch = fitting.sort((a, b) => b.length - a.length)[0] ?? tree.split('/')[0] ?? ''
  return { branch: checkBranch(branch), dir: checkRootDir(tree.slice(branch.length + 1)) }
}

function pathOf(typed: string, host: URL): string {
  if (/[\s\0\\]/.test(typed) || typed.length > 500) throw notARepository(host.origin)
  const ssh = /^git@([^:/]+):(.+)$/.exec(typed)
  if (ssh) {
    if (ssh[1]?.toLowerCase() !== host.hostname) throw notARepository(host.origin)
    return ssh[2] ?? ''
  }
  const withScheme = typed.toLowerCase().startsWith(`${host.host}/`) ? `${host.protocol}//${typed}` : typed
  if (!URL.canParse(withScheme)) return trimPath(withScheme)
  const url = new URL(withScheme)
  const sameHost =
    /^https?:$/.test(url.protocol) && url.host === host.host && url.username === '' && url.password === ''
  const prefix = host.pathname.replace(/\/$/, '')
  if (!sameHost || url.search !== '' || !url.pathname.startsWith(`${prefix}/`)) throw notARepository(host.origin)
  return trimPath(url.pathname.slice(prefix.length))
}

const trimPath = (path: string) => path.replace(/^\/|\/+$/g, '')

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (error) {
    throw new AppError('invalid_input', 'The address of the repository has a broken % escape.', {
      field: 'githubUrl',
      cause: error,
    })
  }
}

function notARepository(githubUrl: string): AppError {
  return new AppError(
    'invalid_input',
    `That is not a repository on ${new URL(githubUrl).host}. Write it as owner/name or as ${githubUrl}/owner/name.`,
    { field: 'githubUrl' },
  )
}

/** Whether git accepts it as a branch's name and no program takes it for an option. */
export function isBranch(branch: string): boolean {
  const allowed = /^[\p{L}\p{N}_@][\p{L}\p{N}._/@+#=,-]{0,199}$/u.test(branch)
  return allowed && !/\.\.|\/[./]|@\{|\.lock(\/|$)|[./]$/.test(branch) && branch !== '@'
}

/** @throws invalid_input */
export function checkBranch(branch: string): string {
  if (isBranch(branch)) return branch
  throw new AppError('invalid_input', 'That is not the name of a branch.', { field: 'branch' })
}

/**
 * A folder below the repository's top, without a leading slash; empty for the top itself.
 * @throws invalid_input
 */
export function checkRootDir(dir: string): string {
  return checkRelativePath(dir.replace(/^\.?\/+|\/+$/g, '').replace(/^\.$/, ''), 'rootDir')
}

/** @throws invalid_input when the path is absolute, climbs out, or has a character that has no place in one. */
export function checkRelativePath(path: string, field: string): string {
  const segments = path === '' ? [] : path.split('/')
  const allowed = segments.every(
    (part) => /^[\p{L}\p{N}._@+ ,()[\]-]{1,255}$/u.test(part) && part !== '..' && part !== '.git',
  )
  if (allowed && path.length <= 1000) return path
  throw new AppError('invalid_input', 'Give a path inside the repository, such as apps/web.', { field })
}
