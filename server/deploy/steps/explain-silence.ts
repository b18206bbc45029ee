import type { Answer } from '../../adapters/probe.ts'
import { AppError } from '../../errors.ts'
import { containerName } from '../../names.ts'
import type { StepContext } from '../context.ts'

export type Listener = { port: number; loopback: boolean }

/** Why an app that runs does not answer, by what it listens on inside its container. */
export async function explainSilence(ctx: StepContext, answer: Answer, path: string): Promise<AppError> {
  const seconds = ctx.config.startTimeoutSeconds
  const wanted = ctx.release.recipe?.port ?? 0
  if ('status' in answer) {
    return new AppError('app_not_answering', `The app answers ${answer.status} on ${path} for ${seconds} s.`, {
      hint: 'Give it a health path that succeeds, or look at what it printed.',
    })
  }
  const listeners = await listenersOf(ctx)
  const onWanted = listeners.find((it) => it.port === wanted)
  const reachable = listeners.find((it) => !it.loopback)
  if (onWanted?.loopback) {
    return new AppError(
      'app_on_localhost_only',
      `The app listens on 127.0.0.1:${wanted} inside its container, where nobody reaches it.`,
      { hint: 'Let it listen on 0.0.0.0 (often HOST=0.0.0.0).' },
    )
  }
  if (!onWanted && reachable) {
    return new AppError('app_on_wrong_port', `The app listens on port ${reachable.port}, not on ${wanted}.`, {
      hint: `Set “Port inside the container” to ${reachable.port} in its settings, or let it listen on $PORT.`,
    })
  }
  const [other] = listeners
  if (!onWanted && other) {
    return new AppError(
      'app_on_localhost_only',
      `The app listens on 127.0.0.1:${other.port} inside its container, where nobody reaches it.`,
      { hint: `Let it listen on 0.0.0.0:${wanted} (PORT says ${wanted}).` },
    )
  }
  const why = onWanted ? `accepts connections on port ${wanted} but answers nothing` : 'listens on no port'
  return new AppError('app_not_answering', `The app ${why} within ${seconds} s.`, {
    hint: 'Look at what it printed; a slow starter needs a higher SLIPWAY_START_TIMEOUT_SECONDS.',
  })
}

async function listenersOf(ctx: StepContext): Promise<Listener[]> {
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
