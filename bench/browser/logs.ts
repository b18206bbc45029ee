import type { Page } from 'playwright-core'
import { logIn, openBrowser } from '../../tests/support/browser.ts'
import { writeLongLog } from '../../tests/support/long-log.ts'
import type { Slipway } from '../../tests/support/slipway.ts'
import { show } from '../figures.ts'

const LINES = 100_000
const ROUNDS = 7
const SCROLL_MS = 3000
/** Pixels a frame: as a wheel does, as a fling does, as dragging the scroll bar does. */
const SPEEDS = [60, 600, 20_000]

type Opening = { firstMs: number; wholeMs: number }
type Frames = { perSecond: number; worstMs: number; missed: number }

/** How fast the log viewer is with a long build log: until it is shown, until it is whole, and while it is scrolled. */
export async function benchLogs(slipway: Slipway): Promise<void> {
  const id = await writeLongLog(slipway.dataDir, LINES)
  const browser = await openBrowser(slipway)
  try {
    const page = await browser.open('/login')
    await logIn(page)
    const openings: Opening[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      await page.goto('/')
      await page.waitForSelector('h1')
      openings.push(await openLog(page, `/apps/${id}/logs`))
    }
    const [cold, ...warm] = openings
    console.log(`log viewer, ${LINES.toLocaleString('en')} lines, ${ROUNDS} openings by a click after one warm-up`)
    console.log(
      `  until the last lines are shown, the scroll bar right: ${show(warm.map((it) => it.firstMs))} (goal 1000)`,
    )
    console.log(`  until every earlier line is loaded, too: ${show(warm.map((it) => it.wholeMs))}`)
    console.log(`  the last lines the first time, with the code to load: ${cold?.firstMs.toFixed(0)} ms`)
    for (const wraps of [false, true]) {
      if (wraps) await page.getByRole('button', { name: 'Wrap long lines' }).click()
      for (const pixels of SPEEDS) {
        const { perSecond, worstMs, missed } = await scrollLog(page, pixels)
        const what = `scrolling ${wraps ? 'wrapped' : 'unwrapped'} lines, ${pixels} px a frame`
        console.log(
          `  ${what}: ${perSecond.toFixed(1)} frames/s (goal 50), longest ${worstMs.toFixed(0)} ms, ${missed} above 20 ms`,
        )
      }
    }
  } finally {
    await browser.close()
  }
}

/** Goes to the log by a link, as one does who is logged in. */
function openLog(page: Page, address: string): Promise<Opening> {
  const wanted = { address, last: LINES, said: `${LINES.toLocaleString('en')} lines` }
  return page.evaluate(async ({ address, last, said }) => {
    const until = async (fits: () => boolean | undefined) => {
      while (!fits()) await new Promise(requestAnimationFrame)
      return performance.now()
    }
    const link = Object.assign(document.createElement('a'), { href: address })
    document.body.append(link)
    const began = performance.now()
    link.click()
    const first = await until(() => {
      const list = document.querySelector('[role=log]')
      return Boolean(list?.querySelector(`[data-seq="${last}"]`)) && (list?.scrollHeight ?? 0) >= last * 20
    })
    const whole = await until(() => [...document.querySelectorAll('span')].some((it) => it.textContent?.includes(said)))
    link.remove()
    return { firstMs: first - began, wholeMs: whole - began }
  }, wanted)
}

/** Moves the list by `pixels` in each frame, up and down. `missed` counts frames above 20 ms. */
function scrollLog(page: Page, pixels: number): Promise<Frames> {
  return page.evaluate(
    async ({ pixels, ms }) => {
      const list = document.querySelector('[role=log]')
      if (!list) throw new Error('there is no log on the page')
      const nextFrame = () => new Promise<number>(requestAnimationFrame)
      const deltas: number[] = []
      let direction = -1
      const began = await nextFrame()
      for (let before = began, now = began; now - began < ms; before = now) {
        if (list.scrollTop <= 0) direction = 1
        if (list.scrollTop >= list.scrollHeight - list.clientHeight - 1) direction = -1
        list.scrollTop += direction * pixels
        now = await nextFrame()
        deltas.push(now - before)
      }
      const total = deltas.reduce((sum, it) => sum + it, 0)
      return {
        perSecond: (1000 * deltas.length) / total,
        worstMs: Math.max(...deltas),
        missed: deltas.filter((it) => it > 20).length,
      }
    },
    { pixels, ms: SCROLL_MS },
  )
}
