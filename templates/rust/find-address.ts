/** Where a program listens whatever PORT says, as far as its main file writes it. */
export type Address = { port: number; isLocal: boolean }

const WRITTEN =
  /(0\.0\.0\.0|127\.0\.0\.1|localhost|\[::\])"?[:,]\s*(\d{2,5})\b|\[(0, ?0, ?0, ?0|127, ?0, ?0, ?1)\],\s*(\d{2,5})\b/g

/** The only address written in a file that never reads PORT; undefined when it reads it, or cannot be told. */
export function findAddress(text: string): Address | undefined {
  if (/\bPORT\b/.test(text)) return undefined
  const [first, ...others] = [...text.matchAll(WRITTEN)].map(([, host, port, bytes, other]) => ({
    port: Number(port ?? other),
    isLocal: /^(127|localhost)/.test(host ?? bytes ?? ''),
  }))
  return first && others.every((it) => it.port === first.port) && first.port < 65536 ? first : undefined
}
