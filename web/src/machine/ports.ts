import type { PortsView } from '../../../server/http/views.ts'

export type Port = PortsView['ports'][number]
type PortState = { tone: 'ok' | 'warn' | 'none'; word: string; since: string | null }

/** How a port stands: held by an app, passed over because something else holds it, or given back. */
export function stateOf({ isAllocated, allocatedAt, releasedAt, blockedReason, blockedAt }: Port): PortState {
  if (isAllocated) return { tone: 'ok', word: 'In use', since: allocatedAt }
  if (blockedReason !== undefined) return { tone: 'warn', word: 'Passed over', since: blockedAt ?? releasedAt }
  return { tone: 'none', word: 'Free again', since: releasedAt }
}

/** Whether a port is meant by what was typed: its number, its app's name, or why it is passed over. */
export function matches(port: Port, appName: string, typed: string): boolean {
  const wanted = typed.trim().toLowerCase()
  return [String(port.port), appName, port.blockedReason ?? '', stateOf(port).word].some((it) =>
    it.toLowerCase().includes(wanted),
  )
}
