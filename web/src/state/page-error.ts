import { getHealth } from '../api/machine.ts'
import { toasts } from './toasts.svelte.ts'
import { hasUnsaved } from './unsaved.ts'

const RELOADED = 'slipway.reloaded'
const RECENTLY_MS = 15_000

let wanted = ''
let isMending = false

/** Notes where a navigation goes to: the router tells it before it fetches the page's code. */
export function noteNavigation({ pathname, search }: { pathname: string; search: Record<string, unknown> }): void {
  const query = new URLSearchParams(Object.entries(search).map(([name, value]) => [name, String(value)])).toString()
  wanted = query === '' ? pathname : `${pathname}?${query}`
}

/**
 * Vite tells when code of a page could not be fetched. After an update of Slipway the old files are gone, and loading the
 * address anew fetches the new ones. Where something unsaved would be lost with the page that is left to the user; when it
 * was just tried, or the server does not answer, it is said instead.
 */
export function mendMissingCode(): void {
  addEventListener('vite:preloadError', () => {
    if (isMending) return
    isMending = true
    void mend().finally(() => {
      isMending = false
    })
  })
}

function reload(): void {
  sessionStorage.setItem(RELOADED, String(Date.now()))
  location.assign(wanted)
}

async function mend(): Promise<void> {
  const answers = await getHealth().then(
    () => true,
    () => false,
  )
  const wasTried = Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < RECENTLY_MS
  if (answers && !wasTried && !hasUnsaved()) return reload()
  if (answers && !wasTried) {
    toasts.show('bad', 'Slipway was updated: a part of its pages must be loaded anew.', {
      hint: 'Save first: what is not saved is lost with a reload.',
      action: { label: 'Reload', run: reload },
    })
    return
  }
  toasts.show('bad', 'This page could not be loaded.', {
    hint: answers ? 'Build Slipway’s pages again: npm run build.' : 'Slipway does not answer. Try again when it does.',
  })
}
