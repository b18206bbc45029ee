import { AppError } from './errors.ts'

/** What stands behind `/tree/` or `/blob/`: a branch and perhaps a folder, which `readTree` tells apart. */
export type Tree = { path: string /** The last part of a `/blob/`, which `path` is without. */; file?: string }
export type RepositoryRef = { url: string; owner: string; name: string; tree?: Tree }

const OWNER = /^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/

/** The host's own pages that look like a repository's. */
const NO_OWNERS = ['apps', 'enterprises', 'orgs', 'search', 'settings', 'sponsors', 'topics', 'users']
/** Pages of one file. */
const OF_FILE = ['blob', 'blame', 'edit', 'raw']

/**
 * Understands every usual way to write a repository, also the address of any of its pages, and rebuilds it as
 * `<githubUrl>/<owner>/<name>`: nothing of the typed text but owner, name and `tree` survives, so no other host, scheme or
 * option can be meant. `githubUrl` is the configured host.
 * @throws invalid_input when it is not a repository of that host.
 */
export function parseRepository(typed: string, githubUrl: string): RepositoryRef {
  const pasted = typed.trim().replace(/^(\$ +)?(git|gh repo) clone +/, '')
  const { path, isPage } = pathOf(pasted, new URL(githubUrl))
  const [owner = '', rawName = '', kind, ...rest] = path.split('/')
  const name = rawName.replace(/\.git$/, '')
  if (!OWNER.test(owner) || !NAME.test(name)) throw notARepository(githubUrl)
  const ref: RepositoryRef = { url: `${githubUrl}/${owner}/${name}`, owner, name }
  if (kind === undefined) return ref
  if (kind === 'tree') return { ...ref, tree: { path: rest.map(decodeSegment).join('/') } }
  if (!isPage || NO_OWNERS.includes(owner)) throw notARepository(githubUrl)
  const tree = OF_FILE.includes(kind) ? treeOfFile(rest.map(decodeSegment)) : undefined
  return tree ? { ...ref, tree } : ref
}

/** A file's page may name a commit instead of a branch; that says nothing about what to deploy. */
function treeOfFile(parts: string[]): Tree | undefined {
  const file = parts.at(-1)
  if (file === undefined || parts.length < 2 || /^[0-9a-f]{40}$/.test(parts[0] ?? '')) return undefined
  return { path: parts.slice(0, -1).join('/'), file }
}

/** Where one of these lies is the folder of an app; where another file lies tells nothing. */
const AT_THE_TOP = /^(package\.json|Dockerfile|index\.html)$/

/**
 * Branch and folder of a `tree`. Both may contain slashes, so the longest of `branches` that fits is taken, and where
 * none does, the first part.
 * @throws invalid_input
 */
export function readTree({ path, file }: Tree, branches: string[]): { branch: string; dir: string } {
  const fitting = branches.filter((it) => path === it || path.startsWith(`${it}/`))
  const branch = fitting.sort((a, b) => b.length - a.length)[0] ?? path.split('/')[0] ?? ''
  const isApp = file === undefined || AT_THE_TOP.test(file)
  return { branch: checkBranch(branch), dir: isApp ? checkRootDir(path.slice(branch.length + 1)) : '' }
}

/** `isPage`: it was a whole address, as a browser shows it, and not typed by hand. */
function pathOf(typed: string, host: URL): { path: string; isPage: boolean } {
  if (/[\s\0\\]/.test(typed) || typed.length > 500) throw notARepository(host.origin)
  const ssh = /^git@([^:/]+):(.+)$/.exec(typed)
  if (ssh) {
    if (ssh[1]?.toLowerCase() !== host.hostname) throw notARepository(host.origin)
    return { path: ssh[2] ?? '', isPage: false }
  }
  const withScheme = typed.toLowerCase().startsWith(`${host.host}/`) ? `${host.protocol}//${typed}` : typed
  if (!URL.canParse(withScheme)) return { path: trimPath(withScheme), isPage: false }
  const url = new URL(withScheme)
  const sameHost =
    /^https?:$/.test(url.protocol) && url.host === host.host && url.username === '' && url.password === ''
  const prefix = host.pathname.replace(/\/$/, '')
  if (!sameHost || !url.pathname.startsWith(`${prefix}/`)) throw notARepository(host.origin)
  return { path: trimPath(url.pathname.slice(prefix.length)), isPage: true }
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
