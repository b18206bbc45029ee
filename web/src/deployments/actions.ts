import CirclePlay from '@lucide/svelte/icons/circle-play'
import CircleStop from '@lucide/svelte/icons/circle-stop'
import CircleX from '@lucide/svelte/icons/circle-x'
import Hammer from '@lucide/svelte/icons/hammer'
import RefreshCw from '@lucide/svelte/icons/refresh-cw'
import Rocket from '@lucide/svelte/icons/rocket'
import RotateCcw from '@lucide/svelte/icons/rotate-ccw'
import type { Component } from 'svelte'
import type { DeploymentView } from '../../../server/http/views.ts'
import { type Action, act } from '../api/deployments.ts'
import { deployments } from '../state/deployments.svelte.ts'
import { endings } from '../state/endings.ts'
import { toasts } from '../state/toasts.svelte.ts'

type Look = { label: string; icon: Component<{ size?: number; 'aria-hidden'?: 'true' }>; accepted: string }

/** Each action, its button and what is said when the server has taken it on. */
export const actions: Record<Action, Look> = {
  redeploy: { label: 'Redeploy', icon: Rocket, accepted: 'is being deployed again' },
  rebuild: { label: 'Rebuild without caches', icon: Hammer, accepted: 'is being built anew and deployed' },
  stop: { label: 'Stop', icon: CircleStop, accepted: 'is being stopped' },
  start: { label: 'Start', icon: CirclePlay, accepted: 'is being started' },
  restart: { label: 'Restart', icon: RefreshCw, accepted: 'is being restarted' },
  cancel: {
    label: 'Cancel the deploy',
    icon: CircleX,
    accepted: 'is no longer being deployed: what was made is undone',
  },
  retry: { label: 'Try again', icon: RotateCcw, accepted: 'is being tried again' },
}

/** The actions that make sense now; the server has the last word (deploy/commands.ts). */
export function possibleActions({ status, liveRelease, isBusy, isDeleting, canCancel }: DeploymentView): Action[] {
  if (isDeleting && status !== 'stuck') return []
  if (status === 'stuck') return ['retry']
  const isLive = liveRelease !== null
  return [
    ...(canCancel ? (['cancel'] as const) : []),
    ...(status === 'failed' && !isBusy ? (['retry'] as const) : []),
    'redeploy',
    'rebuild',
    ...(isLive && status === 'running' ? (['stop', 'restart'] as const) : []),
    ...(isLive && status !== 'running' ? (['start'] as const) : []),
  ]
}

/** Asks the server for the action, shows its answer and says how it went, in the end too. Never rejects. */
export async function perform(app: Pick<DeploymentView, 'id' | 'name'>, action: Action): Promise<void> {
  try {
    deployments.put(await act(app.id, action))
    const notice = toasts.show('info', `${app.name} ${actions[action].accepted}.`)
    endings.follow(app, action, notice)
  } catch (error) {
    toasts.fail(error)
  }
}
