import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type SimpleGit, simpleGit } from 'simple-git'
import type { Commit } from '../db/releases.ts'
import { AppError } from '../errors.ts'

export type CheckOutRequest = {
  url: string
  branch: string | null
  folder: string
  token?: string | undefined
  /** Called with what git says while it works. */
  onProgress?: (line: string) => void
  signal?: AbortSignal
}

export type Git = {
  /**
   * Shallow clone of one branch into `folder`, which must not exist. Answers the commit and the branch's name.
   * @throws repository_not_found, repository_unreachable, branch_not_found, repository_empty; AbortError
   */
  checkOut(request: CheckOutRequest): Promise<Commit & { branch: string }>
  /** @throws repository_not_found, repository_unreachable */
  remoteBranches(request: {
    url: string
    token?: string | undefined
    signal?: AbortSignal
  }): Promise<{ head: string | null; branches: string[] }>
}

/**
 * Git's whole configuration here: no hooks, no transports but HTTP, no redirects (a redirect would take the token
 * along, measured with git 2.39), no submodules. It lies in a home of its own, so the machine's settings do not count.
 */
const GIT_CONFIG = `[core]
  hooksPath = /dev/null
  askPass = ""
  longpaths = true
[protocol]
  allow = never
[protocol "http"]
  allow = always
[protocol "https"]
  allow = always
[http]
  followRedirects = false
  lowSpeedLimit = 1000
  lowSpeedTime = 30
[submodule]
  recurse = false
[advice]
  detachedHead = false
[gc]
  auto = 0
`

/** Prints the token that git asks for, from the environment: so it is in no argument list and in no .git/config. */
const ASK_PASS = `#!/bin/sh
case "$1" in Username*) echo x-access-token ;; *) printf '%s\\n' "$SLIPWAY_GIT_TOKEN" ;; esac
`

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

/** Git with a home of its own in `home`. */
export function createGit(home: string): Git {
  const ready = prepareHome(home)

  async function open(
    folder: string,
    token: string | undefined,
    signal: AbortSignal | undefined,
    onLine?: (line: string) => void,
  ) {
    await ready
    const passed = Object.fromEntries(
      PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
    )
    const git = simpleGit({
      baseDir: folder,
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
    }).env({
      ...passed,
      HOME: home,
      LC_ALL: 'C',
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: path.join(home, '.gitconfig'),
      GIT_LFS_SKIP_SMUDGE: '1',
      ...(token && { GIT_ASKPASS: path.join(home, 'ask-pass'), SLIPWAY_GIT_TOKEN: token }),
    })
    if (onLine)
      git.outputHandler((_command, _stdout, stderr) => stderr.on('data', (text: Buffer) => onLine(text.toString())))
    return git
  }

  return {
    async checkOut({ url, branch, folder, token, onProgress, signal }) {
      await mkdir(path.dirname(folder), { recursive: true })
      const git = await open(path.dirname(folder), token, signal, onProgress)
      const options = ['--depth', '1', '--single-branch', '--no-tags', ...(branch === null ? [] : ['--branch', branch])]
      await withoutSuffixFirst(url, (address) => cloneOnce(git, address, folder, options, signal), {
        url,
        branch,
        token,
      })
      return readCommit(await open(folder, undefined, signal), { url, branch })
    },

    async remoteBranches({ url, token, signal }) {
      const git = await open(home, token, signal)
      const text = await withoutSuffixFirst(
        url,
        (address) => git.listRemote(['--symref', '--', address, 'HEAD', 'refs/heads/*']),
        { url, branch: null, token },
      )
      return {
        head: /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(text)?.[1] ?? null,
        branches: [...text.matchAll(/\trefs\/heads\/(\S+)$/gm)].flatMap((match) => match[1] ?? []),
      }
    },
  }
}

async function prepareHome(home: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  await writeFile(path.join(home, '.gitconfig'), GIT_CONFIG)
  await writeFile(path.join(home, 'ask-pass'), ASK_PASS)
  await chmod(path.join(home, 'ask-pass'), 0o700)
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

type Asked = { url: string; branch: string | null; token?: string | undefined }

/** GitHub answers with and without `.git`; other servers know only one of them, so the second is tried too. */
async function withoutSuffixFirst<T>(url: string, ask: (address: string) => Promise<T>, asked: Asked): Promise<T> {
  try {
    return await ask(url)
  } catch (error) {
    const first = explain(error, asked)
    if (!(first instanceof AppError) || first.code !== 'repository_not_found') throw first
    return await ask(`${url}.git`).catch((second: unknown) => {
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
function explain(error: unknown, { url, branch, token }: Asked): Error {
  if (error instanceof AppError) return error
  const text = error instanceof Error ? error.message : String(error)
  if (/abort/i.test(error instanceof Error ? error.name : '') || /Abort(ed)? signal/i.test(text)) {
    return new DOMException('The operation was aborted', 'AbortError')
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
    /not found|could not read (Username|Password)|Authentication failed|error: 40[134]|returned error: 40[134]/i.test(
      text,
    )
  ) {
    const hint = token
      ? 'Check the address for a typo, and that SLIPWAY_GITHUB_TOKEN may read it.'
      : 'Check the address for a typo. For a private repository, set SLIPWAY_GITHUB_TOKEN and restart Slipway.'
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
  const reason = text.split('\n').find((line) => /^(fatal|error):/.test(line)) ?? text.split('\n')[0]
  return new AppError(
    'repository_unreachable',
    `${url} could not be fetched: ${reason}. Try again; if it stays, check that this machine reaches the host.`,
    { cause: error },
  )
}
