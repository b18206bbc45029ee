import type { Page } from 'playwright-core'

/** Notes for each key the time from the event to the moment after the next frame was painted. */
export async function recordKeys(page: Page): Promise<void> {
  await page.evaluate(() => {
    const times: number[] = []
    const kept = window as unknown as { keyTimes: number[]; isRecording?: boolean }
    kept.keyTimes = times
    if (kept.isRecording) return
    kept.isRecording = true
    addEventListener(
      'keydown',
      ({ timeStamp }) =>
        requestAnimationFrame(() => {
          const painted = new MessageChannel()
          painted.port1.onmessage = () => kept.keyTimes.push(performance.now() - timeStamp)
          painted.port2.postMessage(null)
        }),
      true,
    )
  })
}

/** What was noted since, in milliseconds. */
export const timesOfKeys = (page: Page): Promise<number[]> =>
  page.evaluate(() => (window as unknown as { keyTimes: number[] }).keyTimes)
