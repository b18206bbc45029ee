import { existsSync } from 'node:fs'
import path from 'node:path'

/** The project's folder, where package.json, templates/ and nginx/ lie: from server/ and from dist/server/ alike. */
export const root: string = findUp(import.meta.dirname)

function findUp(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : findUp(path.dirname(folder))
}
