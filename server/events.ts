import type { LogLine } from './db/logs.ts'
import type { DeploymentStatus, ReleaseStatus, StepState, StoredError } from './db/schema.ts'
import type { StatsSample } from './samples.ts'

/** What changed. Sent to every open `GET /api/events` and to whoever follows a build log. */
export type SlipwayEvent =
  | { type: 'deployment'; deployment: string; status: DeploymentStatus; error: StoredError | null }
  | { type: 'step'; deployment: string; release: number; step: string; state: StepState; error?: StoredError }
  | { type: 'log'; deployment: string; release: number; lines: LogLine[] }
  | { type: 'release'; deployment: string; release: number; status: ReleaseStatus; error?: StoredError }
  | { type: 'deleted'; deployment: string }
  | { type: 'repaired'; deployment: string; step: string; kind: string; name: string }
  | { type: 'stats'; sample: StatsSample }
  | {
      type: 'changed'
      what: 'audit' | 'sessions' | 'tokens' | 'github' | 'channels' | 'schedules' | 'backups'
      deployment?: string
    }

/** Of what is sent, so many messages were left out for one that does not keep up. */
type Dropped = { type: 'dropped'; count: number }
/** What was asked for cannot be followed. */
export type Refused = { type: 'error'; code: string; message: string }

/** What `GET /api/events` sends: a greeting with the server's time, every event, and a word when some were left out. */
export type ServerMessage = SlipwayEvent | { type: 'hello'; at: string } | Dropped
/** What `GET /api/logs/:id` sends as a WebSocket. */
export type LogMessage = LogLine | Dropped | Refused

export type EventHub = {
  publish(event: SlipwayEvent): void
  /** Answers the function that ends the subscription. A listener must not throw and must not block. */
  subscribe(listener: (event: SlipwayEvent) => void): () => void
}

export function createEventHub(): EventHub {
  const listeners = new Set<(event: SlipwayEvent) => void>()
  return {
    publish(event) {
      for (const listener of listeners) listener(event)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
