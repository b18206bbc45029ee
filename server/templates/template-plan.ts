import type { EnvVariable } from '../db/deployments.ts'
import type { Settings } from './settings.ts'
import type { Source } from './source.ts'

export type PlanRequest = {
  source: Source
  /** What the user set in the UI, over what slipway.json says. */
  settings: Settings
  env: readonly EnvVariable[]
}

/** How a repository is built and run, as a template sees it. The user's port and health path come on top by themselves. */
export type TemplatePlan = {
  /** What the app is, as its makers call it, with how it is run where that differs: `Next.js (standalone)`. */
  framework: string
  /** A static site is files and nothing that runs: beside a server it gives way (a page of assets beside a program). */
  kind: 'server' | 'static'
  /** For Dockerfile.njk, beside `port`, `env` and `buildVariables`. */
  values?: Record<string, unknown>
  /**
   * For people: the lines that install, build and start the app. `release` runs before each new release starts; left out
   * where it is as the settings or the Procfile have it.
   */
  commands: Commands
  /** Where the app listens when PORT is set to this; left out where the built image says it by EXPOSE. */
  port?: number
  /** Where the app answers with success once it is up; `/` when left out. */
  healthPath?: string
  /** Files put beside the sources, name → text. */
  extraFiles?: Record<string, string>
  /** The folder, from the repository's top, that is sent to the build: a workspace needs its top. The app's when left out. */
  contextFolder?: string
  /** Path below the folder of a Dockerfile that the repository brings, in place of the template's. */
  dockerfilePath?: string
  /** What was assumed or found odd, in sentences: they go to the build log. */
  notes?: string[]
}

export type Commands = { install?: string; build?: string; start?: string; release?: string }

/**
 * What `plan.ts` of a template exports: decides from files and settings alone how this repository is built. Undefined
 * when the template does not fit after all.
 * @throws AppError when it fits but a fact is missing: a question is better than a wrong guess.
 */
export type PlanFunction = (request: PlanRequest) => Promise<TemplatePlan | undefined>
