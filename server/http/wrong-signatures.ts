/** Wrong signatures of one address in 15 minutes until it reads that they are too many. */
const MOST = 30
const WITHIN_MS = 15 * 60_000
const MOST_ADDRESSES = 1000

/** Counts a wrong signature of an address, and answers whether they are too many. */
export type CountWrong = (address: string) => boolean

/**
 * Only wrong signatures are counted and only they are refused: GitHub delivers everybody's webhooks from a few addresses,
 * and a stranger's must not keep ours out.
 */
export function createCountWrong(): CountWrong {
  const counts = new Map<string, { count: number; since: number }>()
  return (address) => {
    const at = Date.now()
    const before = counts.get(address)
    const isNew = before === undefined || at - before.since > WITHIN_MS
    const entry = isNew ? { count: 1, since: at } : { count: before.count + 1, since: before.since }
    // The address that was heard of longest ago makes room.
    counts.delete(address)
    counts.set(address, entry)
    const [oldest] = counts.keys()
    if (counts.size > MOST_ADDRESSES && oldest !== undefined) counts.delete(oldest)
    return entry.count > MOST
  }
}
