import type { Release } from '../db/releases.ts'

/** What the engine itself gives a container. */
export const DEFAULT_STOP_SECONDS = 10

/** How long an app may take to end after SIGTERM, before it is killed. */
export const stopSecondsOf = ({ recipe }: Pick<Release, 'recipe'>): number =>
  recipe?.settings.stopSeconds ?? DEFAULT_STOP_SECONDS
