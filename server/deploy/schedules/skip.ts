import type { Deployment } from '../../db/deployments.ts'

/** Why a job of an app cannot run now, and what to do about it; undefined when it can. */
export function whyNot(
  { liveRelease, status, stopped }: Pick<Deployment, 'liveRelease' | 'status' | 'stopped'>,
  isRunning: boolean,
): string | undefined {
  if (status === 'deleting') return 'The app is being deleted.'
  if (liveRelease === null) return 'No version of the app is live. Deploy it first.'
  if (stopped) return 'The app is stopped. Start it first.'
  return isRunning ? 'The run before it still goes on.' : undefined
}
