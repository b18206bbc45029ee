import { logIn, openBrowser } from '../../tests/support/browser.ts'
import type { Slipway } from '../../tests/support/slipway.ts'
import { show } from '../figures.ts'
import { recordKeys, timesOfKeys } from './keys.ts'

const VARIABLES = 200

/** How fast the form of a new deployment takes a key with 200 variables in it. */
export async function benchVariables(slipway: Slipway): Promise<void> {
  const browser = await openBrowser(slipway)
  try {
    const page = await browser.open('/login')
    await logIn(page)
    await page.goto('/new')
    await page.getByRole('button', { name: 'Paste a .env file' }).click()
    const file = Array.from({ length: VARIABLES }, (_, index) => `NAME_${index}=value ${index}`).join('\n')
    await page.getByRole('textbox', { name: 'File' }).fill(file)
    await page.getByRole('button', { name: 'Take over' }).click()
    await page.getByText(`${VARIABLES} variables read.`).waitFor()
    await recordKeys(page)
    await page.getByLabel('Value of NAME_100').focus()
    for (const key of 'a longer value') {
      await page.keyboard.press(key === ' ' ? 'Space' : key)
      await page.waitForTimeout(60)
    }
    const times = await timesOfKeys(page)
    console.log(
      `typing into one of ${VARIABLES} variables, from a key to the frame that shows it: ${show(times)} (goal 50)`,
    )
  } finally {
    await browser.close()
  }
}
