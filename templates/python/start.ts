import type { Packages } from './packages.ts'

/** What was found to start, before the user's own commands come over it. */
export type Start = {
  framework: string
  command: string
  /** Where it listens whatever PORT says. */
  port?: number
  healthPath?: string
  /** For the image, beside what all of them get. */
  environment?: Record<string, string>
  /** What pip installs beside the dependencies, since the command needs it. */
  server?: Server
  /** Run when the sources are there. */
  build?: string
  notes: string[]
}

/** What people are told to install, and without an upper bound a new major version would change a rebuilt app. */
const SERVERS = {
  gunicorn: 'gunicorn>=20,<27',
  uvicorn: 'uvicorn[standard]>=0.17,<1',
  hypercorn: 'hypercorn>=0.14,<1',
  daphne: 'daphne>=4,<5',
  waitress: 'waitress>=2,<4',
}
export type Server = keyof typeof SERVERS

export const requirementOf = (server: Server) => SERVERS[server]

const PROGRAMS: [RegExp, Server][] = [
  [/\bgunicorn\b/, 'gunicorn'],
  [/\buvicorn\b/, 'uvicorn'],
  [/\bhypercorn\b/, 'hypercorn'],
  [/\bdaphne\b/, 'daphne'],
  [/\bwaitress-serve\b/, 'waitress'],
]

/** The servers that a command needs and no dependency brings. */
export const missingServers = (command: string, packages: Packages): Server[] =>
  PROGRAMS.filter(([program, server]) => program.test(command) && !brings(packages, server)).map(([, server]) => server)

/** Whether a dependency is the server, or comes with it. */
export function brings({ names }: Packages, server: Server): boolean {
  if (names.has(server)) return true
  const fastapi = names.get('fastapi') ?? []
  if (server === 'uvicorn') return names.has('fastapi-cli') || fastapi.includes('standard') || fastapi.includes('all')
  if (server === 'hypercorn') return names.has('quart')
  return server === 'daphne' && (names.get('channels') ?? []).includes('daphne')
}

/** An object or function of a module that a server is given. */
export type Target = { module: string; root: string; name: string; isFactory?: boolean }

/**
 * One process with threads keeps what an app holds in memory in one place, as it was while it was written, and fits into
 * 512 MB; WEB_CONCURRENCY asks for more. /dev/shm: the workers' signs of life must not wait for a disk.
 */
export function serveWsgi(target: Target, packages: Packages, workers = 1): Pick<Start, 'command' | 'server'> {
  const name = target.isFactory ? `'${target.module}:${target.name}()'` : `${target.module}:${target.name}`
  if (brings(packages, 'waitress') && !brings(packages, 'gunicorn')) {
    const call = target.isFactory ? '--call ' : ''
    return {
      command: `waitress-serve --host 0.0.0.0 --port $PORT ${call}${target.module}:${target.name}`,
      server: 'waitress',
    }
  }
  const threads = Math.max(4, 8 / workers)
  const path = target.root === '' ? '' : `--pythonpath ${target.root} `
  const size = `--workers \${WEB_CONCURRENCY:-${workers}} --threads ${threads}`
  return {
    command: `gunicorn --bind 0.0.0.0:$PORT ${size} --worker-tmp-dir /dev/shm ${path}${name}`,
    server: 'gunicorn',
  }
}

/** uvicorn reads WEB_CONCURRENCY by itself. */
export function serveAsgi(target: Target, packages: Packages): Pick<Start, 'command' | 'server'> {
  const name = `${target.module}:${target.name}`
  const hasUvicorn = brings(packages, 'uvicorn')
  if (!hasUvicorn && brings(packages, 'hypercorn') && target.root === '' && !target.isFactory)
    return { command: `hypercorn --bind 0.0.0.0:$PORT ${name}`, server: 'hypercorn' }
  if (!hasUvicorn && brings(packages, 'daphne') && target.root === '' && !target.isFactory)
    return { command: `daphne -b 0.0.0.0 -p $PORT ${name}`, server: 'daphne' }
  const path = target.root === '' ? '' : `--app-dir ${target.root} `
  const factory = target.isFactory ? '--factory ' : ''
  return { command: `uvicorn --host 0.0.0.0 --port $PORT ${path}${factory}${name}`, server: 'uvicorn' }
}
