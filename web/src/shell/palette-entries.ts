import type { Component } from 'svelte'

export type Entry = {
  id: string
  group: 'Apps' | 'Actions' | 'Go to' | 'Theme'
  label: string
  /** Shown beside the label and searched, too. */
  detail?: string
  icon: Component<{ size?: number; 'aria-hidden'?: 'true' }>
  /** Shown only when something was typed: there is one for each app. */
  onlySearched?: boolean
  run: () => void
}

const MOST = 40

/** The entries that have every word typed; those whose label begins with what was typed come first. */
export function findEntries(entries: readonly Entry[], typed: string): Entry[] {
  const text = typed.trim().toLowerCase()
  const words = text.split(/\s+/).filter(Boolean)
  const found = entries.filter(({ label, detail = '', onlySearched = false }) => {
    if (words.length === 0) return !onlySearched
    const searched = `${label} ${detail}`.toLowerCase()
    return words.every((word) => searched.includes(word))
  })
  const rank = ({ label }: Entry) => (label.toLowerCase().startsWith(text) ? 0 : 1)
  return found.sort((a, b) => rank(a) - rank(b)).slice(0, MOST)
}
