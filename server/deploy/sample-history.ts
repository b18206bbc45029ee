import type { MachineSample } from '../samples.ts'

const FIELDS = 4

/** The last `length` samples, as numbers side by side: 32 bytes each instead of an object and a text. */
export function createHistory(length: number) {
  const numbers = new Float64Array(length * FIELDS)
  let count = 0
  return {
    add({ at, cpu, memoryUsed, diskUsed }: MachineSample): void {
      numbers.set([Date.parse(at), cpu, memoryUsed, diskUsed], (count % length) * FIELDS)
      count += 1
    },
    /** Oldest first. */
    list(): MachineSample[] {
      const first = Math.max(0, count - length)
      return Array.from({ length: count - first }, (_, index) => {
        const start = ((first + index) % length) * FIELDS
        const [at = 0, cpu = 0, memoryUsed = 0, diskUsed = 0] = numbers.subarray(start, start + FIELDS)
        return { at: new Date(at).toISOString(), cpu, memoryUsed, diskUsed }
      })
    },
  }
}
