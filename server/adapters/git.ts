import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { type SimpleGit, simpleGit } from 'simple-git'
import type { Commit } from '../db/releases.ts'
import { AppError } from '../errors.ts'
import { type Credentials, openCredentials, prepareHome } from './git-home.ts'
import { commitGone, fetchCommit, fetchPull, type PullHead, pullGone } from './git-pull.ts'
import { type CloneLimits, checkTree, DEFAULT_LIMITS, limitDownload } from './git-size.ts'

export type CheckOutRequest = {
  url: string
  branch: string | null
  /** Instead of a branch. */
  pull?: PullHead | undefined
  /** Instead of the newest commit. */
  commit?: string | undefined
  folder: string
  /** Called with what git says while it works. */
  onProgress?: (line: string) => void
  signal?: AbortSignal
} & Credentials

export type Git = {
  /**
   * Shallow clone of one branch, of a pull request's head or of a commit, into `folder`, which must not exist. Answers the commit
   * and the branch's name.
   * @throws repository_not_found, repository_unreachable, branch_not_found, repository_empty, repository_too_large; AbortError
   */
  checkOut(request: CheckOutRequest): Promise<Commit & { branch: string }>
  /** `tips` are the newest commits, by branch and `HEAD`. @throws repository_not_found, repository_unreachable */
  remoteBranches(
    request: { url: string; signal?: AbortSignal } & Credentials,
  ): Promise<{ head: string | null; branches: string[]; tips: Map<string, string> }>
}

const PASSED_ON = [
  'PATH',
  'GIT_SSL_CAINFO',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'https_proxy',
  'http_proxy',
  'no_proxy',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
]

/** A large repository takes long to unpack: running apps go first. */
const BINARY: [string, string] = ['nice', 'git']

/** Git with a home of its own in `home`. */
export function createGit(home: string, limits: CloneLimits = DEFAULT_LIMITS): Git {
  const ready = prepareHome(home)

  const environmentWith = (credentials: Record<string, string>): Record<string, string> => ({
    ...Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
    HOME: home,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: path.join(home, '.gitconfig'),
    GIT_LFS_SKIP_SMUDGE: '1',
    ...credentials,
  })

  function open(
    folder: string,
    credentials: Record<string, string>,
    signal: AbortSignal | undefined,
    onLine?: (line: string) => void,
  ) {
    const git = simpleGit({
      baseDir: folder,
      binary: BINARY,
      ...(signal && { abort: signal }),
      timeout: { block: 300_000 },
      unsafe: { allowUnsafeAskPass: true, allowUnsafeConfigPaths: true },
      allowEnvironment: [
        'GIT_TERMINAL_PROMPT',
        'GIT_CONFIG_NOSYSTEM',
        'GIT_CONFIG_GLOBAL',
        'GIT_LFS_SKIP_SMUDGE',
        'GIT_ASKPASS',
        'GIT_SSL_CAINFO',
        'HOME',
      ],
    }).env(environmentWith(credentials))
    if (onLine)
      git.outputHandler((_command, _stdout, stderr) => stderr.on('data', (text: Buffer) => onLine(text.toString())))
    return git
  }

  /** Git with these credentials for as long as `use` runs. */
  async function withGit<T>(
    folder: string,
    { token, sshKey, signal, onProgress }: Credentials & Pick<CheckOutRequest, 'signal' | 'onProgress'>,
    use: (git: SimpleGit) => Promise<T>,
  ): Promise<T> {
    await ready
    const opened = await openCredentials(home, { token, sshKey })
    try {
      return await use(open(folder, opened.environment, signal, onProgress))
    } finally {
      await opened.close()
    }
  }

  /** What is downloaded is not written to files yet. */
  async function download(request: CheckOutRequest): Promise<void> {
    const { branch, pull, commit, folder } = request
    await mkdir(path.dirname(folder), { recursive: true })
    const options = ['--depth', '1', '--single-branch', '--no-tags', '--no-checkout']
    if (branch !== null) options.push('--branch', branch)
    const isFetched = pull !== undefined || commit !== undefined
    if (isFetched) await emptyFolder(folder)
    const limit = limitDownload(folder, limits)
    const signal = request.signal ? AbortSignal.any([request.signal, limit.signal]) : limit.signal
    try {
      await withGit(isFetched ? folder : path.dirname(folder), { ...request, signal }, (git) =>
        withoutSuffixFirst<unknown>((address) => {
          if (pull) return fetchPull(git, address, pull)
          if (commit !== undefined) return fetchCommit(git, address, commit)
          return cloneOnce(git, address, folder, options, signal)
        }, request),
      )
    } catch (error) {
      throw limit.signal.aborted && !request.signal?.aborted ? limit.signal.reason : error
    } finally {
      limit.stop()
    }
  }

  return {
    async checkOut(request) {
      await download(request)
      const git = open(request.folder, {}, request.signal)
      const commit = await readCommit(git, request)
      await checkTree(request.folder, environmentWith({}), limits)
      await git.raw(['checkout', '--quiet', '--force', 'HEAD']).catch((error: unknown) => {
        throw explain(error, request)
      })
      return commit
    },

    async remoteBranches(request) {
      const text = await withGit(home, request, (git) =>
        withoutSuffixFirst((address) => git.listRemote(['--symref', '--', address, 'HEAD', 'refs/heads/*']), {
          ...request,
          branch: null,
        }),
      )
      return {
        head: /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(text)?.[1] ?? null,
        branches: [...text.matchAll(/\trefs\/heads\/(\S+)$/gm)].flatMap((match) => match[1] ?? []),
        tips: new Map(
          [...text.matchAll(/^([0-9a-f]+)\t(?:refs\/heads\/)?(\S+)$/gm)].map(([, sha = '', name = '']) => [name, sha]),
        ),
      }
    },
  }
}

async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
}

async function cloneOnce(
  git: SimpleGit,
  url: string,
  folder: string,
  options: string[],
  signal: AbortSignal | undefined,
): Promise<string> {
  signal?.throwIfAborted()
  await rm(folder, { recursive: true, force: true })
  return git.clone(url, folder, options)
}

type Asked = Pick<CheckOutRequest, 'url' | 'branch' | 'pull' | 'commit'> & Credentials

/** GitHub answers with and without `.git`; other servers know only one of them, so the second is tried too. */
async function withoutSuffixFirst<T>(ask: (address: string) => Promise<T>, asked: Asked): Promise<T> {
  try {
    return await ask(asked.url)
  } catch (error) {
    const first = explain(error, asked)
    if (!(first instanceof AppError) || first.code !== 'repository_not_found') throw first
    if (asked.url.endsWith('.git')) throw first
    return await ask(`${asked.url}.git`).catch((second: unknown) => {
      throw explain(second, asked)
    })
  }
}

async function readCommit(git: SimpleGit, asked: Asked): Promise<Commit & { branch: string }> {
  try {
    const text = await git.raw(['log', '-1', '--no-show-signature', '--format=%H%x00%an%x00%aI%x00%D%x00%s'])
    const [sha = '', author = '', at = '', refs = '', message = ''] = text.trimEnd().split('\0')
    const branch = asked.branch ?? /HEAD -> (\S+?)(?:, |$)/.exec(refs)?.[1] ?? 'HEAD'
    return { sha, author, at: timeOf(at), message: message.slice(0, 500), branch }
  } catch (error) {
    throw explain(error, asked)
  }
}

/** A commit's time is whatever its author wrote; one that is no time at all becomes the beginning of time. */
const timeOf = (at: string) => new Date(Date.parse(at) || 0).toISOString()

/** Git's stderr (LC_ALL=C) as one of our errors. */
function explain(error: unknown, { url, branch, pull, commit, token, sshKey }: Asked): Error {
  if (error instanceof AppError) return error
  const text = error instanceof Error ? error.message : String(error)
  if (/abort/i.test(error instanceof Error ? error.name : '') || /Abort(ed)? signal/i.test(text)) {
    return new DOMException('The operation was aborted', 'AbortError')
  }
  if (/No space left on device|failed to write new configuration file/i.test(text)) {
    const full = 'The disk filled up while the repository was fetched. Free some space, then try again.'
    return new AppError('disk_full', full, { cause: error })
  }
  if (/couldn't find remote ref|not our ref|unadvertised object/.test(text)) {
    if (pull) return pullGone(url, pull)
    if (commit !== undefined) return commitGone(url, commit)
  }
  if (/(ssh|setpriv): (command )?not found|failed to execute ssh|cannot run/.test(text)) {
    const remedy =
      'A deploy key needs the programs ssh and setpriv. Install them with: sudo apt-get install openssh-client util-linux'
    return new AppError('repository_unreachable', remedy, { cause: error })
  }
  if (/Remote branch .* not found/.test(text)) {
    return new AppError(
      'branch_not_found',
      `There is no branch “${branch}” in ${url}. Check its name, or leave it empty for the default branch.`,
      { field: 'branch' },
    )
  }
  if (/does not have any commits yet|ambiguous argument 'HEAD'|unknown revision/.test(text)) {
    return new AppError(
      'repository_empty',
      `${url} has no commits${branch ? ` on ${branch}` : ''} yet. Push something first.`,
    )
  }
  if (
    /not found|could not read (Username|Password)|Authentication failed|Permission denied|error: 40[134]|returned error: 40[134]/i.test(
      text,
    )
  ) {
    const hint = sshKey
      ? 'Check the address for a typo, and that the deploy key is among those of the repository at GitHub.'
      : token
        ? 'Check the address for a typo, and that the token or the App that is connected may read it.'
        : 'Check the address for a typo. For a private repository, connect GitHub: with an App, a token or a deploy key.'
    return new AppError('repository_not_found', `${url} does not exist or is private.`, {
      field: 'githubUrl',
      hint,
    })
  }
  if (/returned error: 30\d/.test(text)) {
    return new AppError(
      'repository_not_found',
      `${url} was renamed or moved, and redirects are not followed: they would take the token along. Open it in a browser and give the new address.`,
      { field: 'githubUrl' },
    )
  }
  if (/Host key verification failed/.test(text)) {
    return new AppError(
      'repository_unreachable',
      `The host of ${url} has another SSH key than before: somebody may be in between. Nothing was sent. If its owner changed the key, remove the host's line from git-home/known_hosts in the data folder.`,
      { cause: error },
    )
  }
  const reason = text.split(/\r?\n/).find((line) => /^(ssh|fatal|error):/.test(line)) ?? text.split('\n')[0]
  return new AppError(
    'repository_unreachable',
    `${url} could not be fetched: ${reason}. Try again; if it stays, check that this machine reaches the host.`,
    { cause: error },
  )
}
