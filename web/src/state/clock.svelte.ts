import { createSubscriber } from 'svelte/reactivity'

const startTicking = (everyMs: number) =>
  createSubscriber((update) => {
    const timer = setInterval(update, everyMs)
    return () => clearInterval(timer)
  })

/** How far the server's clock is ahead of this one, in milliseconds: its times are shown beside ours. */
let ahead = 0
export const setServerTime = (at: string) => {
  ahead = Date.parse(at) - Date.now()
}

const seconds = startTicking(1000)
const tenths = startTicking(100)

/** The time now in milliseconds, to the second; what reads it in a template or $derived is brought up to date by itself. */
export function now(): number {
  seconds()
  return Date.now() + ahead
}

/** The same to a tenth of a second, for durations that are shown as they grow. */
export function preciseNow(): number {
  tenths()
  return Date.now() + ahead
}
