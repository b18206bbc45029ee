import Activity from '@lucide/svelte/icons/activity'
import Archive from '@lucide/svelte/icons/archive'
import Bell from '@lucide/svelte/icons/bell'
import Boxes from '@lucide/svelte/icons/boxes'
import Braces from '@lucide/svelte/icons/braces'
import CalendarClock from '@lucide/svelte/icons/calendar-clock'
import FileCheck from '@lucide/svelte/icons/file-check'
import GitPullRequest from '@lucide/svelte/icons/git-pull-request'
import Globe from '@lucide/svelte/icons/globe'
import HardDrive from '@lucide/svelte/icons/hard-drive'
import History from '@lucide/svelte/icons/history'
import KeyRound from '@lucide/svelte/icons/key-round'
import Monitor from '@lucide/svelte/icons/monitor'
import Moon from '@lucide/svelte/icons/moon'
import Network from '@lucide/svelte/icons/network'
import Plug from '@lucide/svelte/icons/plug'
import Plus from '@lucide/svelte/icons/plus'
import ScrollText from '@lucide/svelte/icons/scroll-text'
import Server from '@lucide/svelte/icons/server'
import Settings from '@lucide/svelte/icons/settings'
import Sun from '@lucide/svelte/icons/sun'
import type { Component } from 'svelte'
import type { DeploymentView } from '../../../server/http/views.ts'

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

const appPlaces = [
  { to: '/logs', label: 'Logs', icon: ScrollText, ofPreviews: true },
  { to: '/releases', label: 'Releases', icon: History, ofPreviews: true },
  { to: '/jobs', label: 'Jobs', icon: CalendarClock, ofPreviews: false },
  { to: '/previews', label: 'Previews', icon: GitPullRequest, ofPreviews: false },
  { to: '/environment', label: 'Environment', icon: Braces, ofPreviews: false },
  { to: '/settings', label: 'Settings', icon: Settings, ofPreviews: false },
  { to: '/machine', label: 'Machine', icon: Server, ofPreviews: true },
] as const

/** The pages of an app; `to` is what comes after its address. What a preview is made from stands in its app. */
export const placesOf = ({ previewOf }: Pick<DeploymentView, 'previewOf'>) =>
  appPlaces.filter((it) => it.ofPreviews || previewOf === null)

/** Every page that is not about one app; `to` is its path. */
export const places = [
  { to: '/new', label: 'New deployment', icon: Plus },
  { to: '/', label: 'All apps', icon: Boxes },
  { to: '/machine', label: 'Machine and doctor', icon: Activity },
  { to: '/machine/disk', label: 'Disk', icon: HardDrive },
  { to: '/machine/ports', label: 'Ports', icon: Network },
  { to: '/machine/domains', label: 'Domains', icon: Globe },
  { to: '/machine/receipts', label: 'Receipts', icon: FileCheck },
  { to: '/machine/audit', label: 'Audit log', icon: History },
  { to: '/settings', label: 'Account and password', icon: Settings },
  { to: '/settings/sessions', label: 'Sessions', icon: Monitor },
  { to: '/settings/tokens', label: 'API tokens', icon: KeyRound },
  { to: '/settings/connections', label: 'Cloudflare and GitHub', icon: Plug },
  { to: '/settings/notifications', label: 'Notifications', icon: Bell },
  { to: '/settings/backups', label: 'Backups', icon: Archive },
] as const

export const themes = [
  { choice: 'light', label: 'Light theme', icon: Sun },
  { choice: 'dark', label: 'Dark theme', icon: Moon },
  { choice: 'system', label: 'Theme of the system', icon: Monitor },
] as const

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
