import type { App, Framework } from '../app.ts'

/** The framework an app is built with, found by its dependencies and configuration. Undefined for a plain server. */
export async function recogniseFramework(_app: App): Promise<Framework | undefined> {
  return undefined
}
