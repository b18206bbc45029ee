/**
 * The port a Go program listens on whatever PORT says: the only one written as an address (`":3000"`) in a program that never
 * reads PORT. Undefined when it reads it, or cannot be told.
 */
export function findFixedPort(text: string): number | undefined {
  if (/\bPORT\b/.test(text)) return undefined
  const ports = new Set([...text.matchAll(/["`](?:0\.0\.0\.0)?:(\d{2,5})["`]/g)].map((it) => Number(it[1])))
  const [port] = ports
  return ports.size === 1 && port !== undefined && port < 65536 ? port : undefined
}
