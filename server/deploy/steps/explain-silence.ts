import type { Answer } from '../../adapters/probe.ts'
import type { Recipe, Release } from '../../db/releases.ts'
import { AppError } from '../../errors.ts'
import { containerName } from '../../names.ts'
import type { StepContext } from '../context.ts'
import { explainLog } from '../explain/explain-log.ts'

export type Listener = { port: number; loopback: boolean }

/** How long an app may take until it answers. */
export const startSecondsOf = ({ config, release }: StepContext): number =>
  settingsOf(release).startTimeoutSeconds ?? config.startTimeoutSeconds

/** Whether the health path is the template's guess, and not what the user or slipway.json says. */
export const isGuessed = ({ release }: StepContext): boolean => settingsOf(release).healthPath === undefined

const settingsOf = ({ recipe }: Release): Recipe['settings'] => recipe?.settings ?? {}

/**
 * Why an app that runs does not answer: by what it listens on inside its container, else by its words, what it printed
 * and answered, without secrets.
 */
export async function explainSilence(
  ctx: StepContext,
  answer: Answer,
  path: string,
  words: string[],
): Promise<AppError> {
  const wanted = ctx.release.recipe?.port ?? 0
  if ('status' in answer) return sayWhy(words, answersBadly(ctx, answer.status, path))
  const listeners = await listenersOf(ctx)
  const why = listeners.some((it) => it.port === wanted && !it.loopback)
    ? `accepts connections on port ${wanted} but answers nothing`
    : 'listens on no port'
  const seconds = startSecondsOf(ctx)
  return (
    explainListeners(listeners, wanted) ??
    sayWhy(
      words,
      new AppError('app_not_answering', `The app ${why} within ${seconds} s.`, {
        hint: 'Look at what it printed; one that starts slowly needs more “Time to start” in its settings.',
      }),
    )
  )
}

function answersBadly(ctx: StepContext, status: number, path: string): AppError {
  const which = isGuessed(ctx) && path !== '/' ? `${path}, which the template chose, and on /` : path
  return new AppError('app_not_answering', `The app answers ${status} on ${which} for ${startSecondsOf(ctx)} s.`, {
    hint: 'Give it a health path that succeeds, or look at what it printed.',
  })
}

/** The error with the reason that the app's own words give, if they are known. */
function sayWhy(words: string[], error: AppError): AppError {
  const found = explainLog(words, 'start')
  return found ? new AppError(error.code, `${error.message} ${found.message}`, { hint: found.hint }) : error
}

/** What is wrong with where an app listens; undefined where nothing is, or it listens nowhere. */
export function explainListeners(listeners: Listener[], wanted: number): AppError | undefined {
  if (listeners.some((it) => it.port === wanted && !it.loopback)) return undefined
  if (listeners.some((it) => it.port === wanted)) {
    return new AppError(
      'app_on_localhost_only',
      `The app listens on 127.0.0.1:${wanted} inside its container, where nobody reaches it.`,
      { hint: 'Let it listen on 0.0.0.0 (often HOST=0.0.0.0).' },
    )
  }
  const open = likeliestFirst(listeners.filter((it) => !it.loopback))
  const [likely] = open
  if (likely !== undefined) {
    return new AppError('app_on_wrong_port', `The app listens on ${sayPorts(open)}, not on ${wanted}.`, {
      hint: `Set “Port inside the container” to ${likely} in its settings, or let it listen on $PORT.`,
      port: likely,
    })
  }
  const [hidden] = likeliestFirst(listeners)
  if (hidden === undefined) return undefined
  return new AppError(
    'app_on_localhost_only',
    `The app listens on 127.0.0.1:${hidden} inside its container, where nobody reaches it.`,
    { hint: `Let it listen on 0.0.0.0:${wanted} (PORT says ${wanted}).` },
  )
}

/** What a slow app has done so far. */
export function sayListeners(listeners: Listener[], wanted: number): string {
  const onWanted = listeners.filter((it) => it.port === wanted)
  if (onWanted.some((it) => !it.loopback)) return `port ${wanted} takes connections, and answers nothing yet`
  if (onWanted.length > 0) return `it listens on 127.0.0.1:${wanted} only`
  const others = likeliestFirst(listeners)
  return `nothing listens on port ${wanted} yet${others.length > 0 ? `, but on ${sayPorts(others)}` : ''}`
}

/** Ports that are for people who develop: Node's inspector, the JVM's, hot reload. */
const NOT_FOR_VISITORS = new Set([9229, 5005, 24678, 35729])
const USUAL = [3000, 8080, 8000, 80, 5000, 4000, 8888, 5173, 4173]

/** Ports, each once, the likeliest to serve visitors first. */
function likeliestFirst(listeners: Listener[]): number[] {
  const ports = [...new Set(listeners.map(({ port }) => port))]
  const serving = ports.filter((it) => !NOT_FOR_VISITORS.has(it))
  const rank = (port: number) => (USUAL.includes(port) ? USUAL.indexOf(port) : USUAL.length + port)
  return (serving.length > 0 ? serving : ports).sort((a, b) => rank(a) - rank(b))
}

/** “port 4321”, “ports 3000 and 9090” */
const sayPorts = (ports: number[]) =>
  `port${ports.length > 1 ? 's' : ''} ${new Intl.ListFormat('en').format(ports.map(String))}`

/** Where anything in the app's container listens now; nothing where that cannot be read. */
export async function listenersOf(ctx: StepContext): Promise<Listener[]> {
  const name = containerName(ctx.config.instance, ctx.ref)
  const tables = await ctx.docker.execInContainer(name, ['cat', '/proc/net/tcp', '/proc/net/tcp6'])
  return parseListeners(tables ?? '')
}

/**
 * The listening sockets of /proc/net/tcp and tcp6 (proc(5): local address in hex, state 0A is LISTEN), without the
 * engine's own resolver on 127.0.0.11.
 */
export function parseListeners(tables: string): Listener[] {
  return [...tables.matchAll(/^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ 0A /gm)]
    .map(([, address = '', port = '']) => ({ address, port: Number.parseInt(port, 16) }))
    .filter(({ address }) => address !== '0B00007F')
    .map(({ address, port }) => ({ port, loopback: /^(.{6}7F|0{24}01000000|0{16}FFFF0000.{6}7F)$/.test(address) }))
}
