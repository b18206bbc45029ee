import { tick } from 'svelte'

/** Does the work, and then gives the focus back: what cannot be used for a moment loses it. */
export async function keepFocus(work: () => Promise<void>): Promise<void> {
  const focused = document.activeElement
  await work()
  await tick()
  if (document.activeElement === document.body && focused instanceof HTMLElement) focused.focus()
}
