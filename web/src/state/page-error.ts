import { getHealth } from '../api/machine.ts'
import { toasts } from './toasts.svelte.ts'

const RELOADED = 'slipway.reloaded'
const RECENTLY_MS = 15_000

/**
 * A page's code could not be fetched. After an update of Slipway the old files are gone, and loading the address anew
 * fetches the new ones; when that was just tried, or the server does not answer, it is said instead.
 */
export async function onPageError(_error: unknown, { pathname }: { pathname: string }): Promise<void> {
  const answers = await getHealth().then(
    () => true,
    () => false,
  )
  const wasTried = Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < RECENTLY_MS
  if (answers && !wasTried) {
    sessionStorage.setItem(RELOADED, String(Date.now()))
    location.assign(pathname)
    return
  }
  toasts.show('bad', 'This page could not be loaded.', {
    hint: answers ? 'Build Slipway’s pages again: npm run build.' : 'Slipway does not answer. Try again when it does.',
  })
}
