import { execFile, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'init.defaultBranch=main']

/** A bare repository behind the server, with a work folder that commits are made in. */
export type Repository = {
  url: string
  folder: string
  /** Writes the files (`null` removes one), commits, pushes, and answers the sha. */
  commit(files: Record<string, string | null>, message: string, branch?: string): Promise<string>
  /** Puts a commit where GitHub keeps the head of a pull request, also that of a fork. */
  pull(number: number, sha: string): Promise<void>
}

export type GitServer = {
  url: string
  /** Where the bare repositories lie, as `owner/name.git`. */
  folder: string
  /** Paths asked for, with the Authorization header they came with. */
  requests: { path: string; authorization: string | undefined }[]
  makeRepository(owner: string, name: string, fromFolder?: string): Promise<Repository>
  /** From now on the repository is private: it wants this token as the password, or one that is found good. */
  protect(owner: string, name: string, token: string | ((password: string) => boolean)): void
  /** From now on every request for the repository is answered by this. */
  intercept(owner: string, name: string, handler: (request: IncomingMessage, response: ServerResponse) => void): void
  stop(): Promise<void>
}

/** Git's own `http-backend` behind a Node server on loopback: real smart HTTP. `root` is made when it is not given. */
export async function startGitServer(root?: string): Promise<GitServer> {
  const folder = root ?? (await mkdtemp(path.join(tmpdir(), 'slipway-git-')))
  const tokens = new Map<string, string | ((password: string) => boolean)>()
  const handlers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>()
  const requests: GitServer['requests'] = []

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const key = url.pathname
      .split('/')
      .slice(1, 3)
      .join('/')
      .replace(/\.git$/, '')
    requests.push({ path: url.pathname, authorization: request.headers.authorization })
    const handler = handlers.get(key)
    if (handler) return handler(request, response)
    const token = tokens.get(key)
    const password = passwordOf(request.headers.authorization)
    const opens = typeof token === 'function' ? password !== undefined && token(password) : password === token
    if (token !== undefined && !opens) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
      return
    }
    serveWithBackend(folder, url, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url,
    folder,
    requests,
    makeRepository: (owner, name, fromFolder) => makeRepository(folder, url, owner, name, fromFolder),
    protect: (owner, name, token) => void tokens.set(`${owner}/${name}`, token),
    intercept: (owner, name, handler) => void handlers.set(`${owner}/${name}`, handler),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The password of Basic authentication, where the user is the one that GitHub wants for tokens. */
function passwordOf(authorization: string | undefined): string | undefined {
  const [, encoded = ''] = /^Basic (\S+)$/.exec(authorization ?? '') ?? []
  return /^x-access-token:(.*)$/s.exec(Buffer.from(encoded, 'base64').toString())?.[1]
}

function serveWithBackend(root: string, url: URL, request: IncomingMessage, response: ServerResponse) {
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
  })
  request.pipe(backend.stdin)
  backend.stdin.on('error', () => response.destroy())
  let head = Buffer.alloc(0)
  backend.stdout.on('data', function readHead(chunk: Buffer) {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    backend.stdout.off('data', readHead)
    const headers = head
      .subarray(0, end)
      .toString()
      .split('\r\n')
      .map((line) => line.split(/: (.*)/s))
    const status = headers.find(([name]) => name === 'Status')?.[1]
    response.writeHead(
      Number(status?.slice(0, 3) ?? 200),
      Object.fromEntries(headers.filter(([name]) => name !== 'Status')),
    )
    response.write(head.subarray(end + 4))
    backend.stdout.pipe(response)
  })
}

async function makeRepository(
  root: string,
  url: string,
  owner: string,
  name: string,
  fromFolder?: string,
): Promise<Repository> {
  const bare = path.join(root, owner, `${name}.git`)
  const folder = path.join(root, '.work', owner, name)
  await mkdir(bare, { recursive: true })
  await mkdir(folder, { recursive: true })
  const git = (...args: string[]) => run('git', [...identity, ...args], { cwd: folder })
  await run('git', [...identity, 'init', '--bare', '--quiet', bare])
  await git('init', '--quiet')
  await git('remote', 'add', 'origin', bare)
  if (fromFolder !== undefined) await cp(fromFolder, folder, { recursive: true, verbatimSymlinks: true })

  async function commit(files: Record<string, string | null>, message: string, branch = 'main') {
    for (const [file, text] of Object.entries(files)) {
      const target = path.join(folder, file)
      if (text === null) await rm(target, { force: true })
      else {
        await mkdir(path.dirname(target), { recursive: true })
        await writeFile(target, text)
      }
    }
    await git('checkout', '--quiet', '-B', branch)
    await git('add', '--all')
    await git('commit', '--quiet', '--allow-empty', '-m', message)
    await git('push', '--quiet', '--force', 'origin', branch)
    return (await git('rev-parse', 'HEAD')).stdout.trim()
  }
  if (fromFolder !== undefined) await commit({}, 'First commit')
  const pull = async (number: number, sha: string) =>
    void (await git('push', '--quiet', '--force', 'origin', `${sha}:refs/pull/${number}/head`))
  return { url: `${url}/${owner}/${name}`, folder, commit, pull }
}
