import CircleAlert from '@lucide/svelte/icons/circle-alert'
import CircleCheck from '@lucide/svelte/icons/circle-check'
import CircleDashed from '@lucide/svelte/icons/circle-dashed'
import CircleOff from '@lucide/svelte/icons/circle-off'
import CirclePause from '@lucide/svelte/icons/circle-pause'
import CircleX from '@lucide/svelte/icons/circle-x'
import Trash from '@lucide/svelte/icons/trash-2'
import type { Component } from 'svelte'
import type { DeploymentView } from '../../../server/http/views.ts'
import Spinner from '../ui/Spinner.svelte'

/** How an app stands as it is shown: one whose first deploy its user ended has not failed, and a preview on hold
 * was not stopped. */
export type Standing = DeploymentView['status'] | 'cancelled' | 'held'

export const standingOf = ({ status, error }: Pick<DeploymentView, 'status' | 'error'>): Standing =>
  status === 'failed' && error?.code === 'cancelled'
    ? 'cancelled'
    : status === 'stopped' && isHeld(error)
      ? 'held'
      : status

/** A preview that waits: for somebody to look at a stranger's commit, or for room. */
export const isHeld = (error: DeploymentView['error']) =>
  error?.code === 'approval_needed' || error?.code === 'preview_limit'

type Look = {
  label: string
  tone: 'ok' | 'info' | 'warn' | 'bad' | 'idle'
  icon: Component<{ size?: number; 'aria-hidden'?: 'true' }>
}

export const looks: Record<Standing, Look> = {
  running: { label: 'Running', tone: 'ok', icon: CircleCheck },
  queued: { label: 'Queued', tone: 'info', icon: CircleDashed },
  building: { label: 'Building', tone: 'info', icon: Spinner },
  deploying: { label: 'Deploying', tone: 'info', icon: Spinner },
  stopped: { label: 'Stopped', tone: 'idle', icon: CirclePause },
  held: { label: 'On hold', tone: 'warn', icon: CircleDashed },
  cancelled: { label: 'Not deployed', tone: 'idle', icon: CircleOff },
  failed: { label: 'Failed', tone: 'bad', icon: CircleX },
  stuck: { label: 'Stuck', tone: 'bad', icon: CircleAlert },
  deleting: { label: 'Deleting', tone: 'warn', icon: Trash },
}

/** What the list can be narrowed to: statuses that ask the same of the user stand together. */
export const groups = {
  running: ['running'],
  'on its way': ['queued', 'building', 'deploying', 'deleting'],
  stopped: ['stopped', 'cancelled', 'held'],
  'needs attention': ['failed', 'stuck'],
} as const satisfies Record<string, readonly Standing[]>
export type Group = keyof typeof groups
export const groupNames = Object.keys(groups) as Group[]
