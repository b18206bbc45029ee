import type { AppError } from '../errors.ts'
import type { Engine, Setup } from './nginx-engine.ts'

/** A sentence for the user. `automatic`: `start` does it. */
export type Remedy = { text: string; automatic: boolean }
/** `running`: a deploy may begin, its own change of nginx mends it. */
export type Problem = { running: boolean; text: string; remedy: Remedy }

const START: Remedy = { text: 'Start nginx.', automatic: true }

const DOWN: Record<Exclude<Setup['mode'], 'off'>, Problem> = {
  managed: { running: false, text: 'nginx does not run; the next check starts it', remedy: START },
  system: {
    running: false,
    text: 'nginx does not run; start it: systemctl start nginx',
    remedy: { text: 'Start nginx: systemctl start nginx.', automatic: false },
  },
}

const ORPHANED: Problem = {
  running: true,
  text: 'The master process of nginx was killed; its workers serve on until the next check starts a new one',
  remedy: START,
}

const OUTDATED: Problem = {
  running: true,
  text: 'nginx does not run with the configuration on the disk; it is loaded at the next check',
  remedy: { text: 'Load it again.', automatic: true },
}

type Seen = { state: Awaited<ReturnType<Engine['state']>>; isLoaded: boolean; aside: string[] }

/**
 * What keeps nginx from being well; undefined when nothing does. `failure` is why the last attempt to start or load it
 * failed: as long as it does not run with what is on the disk, that is the reason.
 */
export function problemOf(mode: Setup['mode'], seen: Seen, failure: AppError | undefined): Problem | undefined {
  if (mode === 'system' && seen.state === 'down') return DOWN.system
  const found = seen.state === 'down' ? DOWN.managed : seen.state === 'orphaned' ? ORPHANED : OUTDATED
  if (seen.state !== 'up' || !seen.isLoaded) return failure ? { ...found, text: failure.message } : found
  if (seen.aside.length === 0) return undefined
  const text = `Vhosts were put aside: ${seen.aside.join(', ')}`
  return { running: true, text, remedy: { text: 'Write them anew, or remove them.', automatic: false } }
}

/** What to do about an nginx that cannot even be asked. */
export const remedyOf = ({ code }: AppError): Remedy =>
  code === 'nginx_missing' ? { text: 'Install nginx: apt-get install nginx-light.', automatic: false } : START
