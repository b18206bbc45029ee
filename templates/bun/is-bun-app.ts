import type { Source } from '../../server/templates/source.ts'
import { findStart } from './find-start.ts'

/**
 * Whether Bun is what runs the app, and not only its package manager: the template bun has it then, and the template node
 * lets it be. `startCommand` is the user's, if there is one.
 */
export async function isBunApp(source: Source, startCommand?: string): Promise<boolean> {
  return (await findStart(source, startCommand)) !== undefined
}
