import type { Deployment, EnvVariable, Overrides, PullRequest } from '../../db/deployments.ts'
import { findDeployment, updateDeployment } from '../../db/deployments.ts'
import type { Db } from '../../db/schema.ts'
import type { Deps } from '../../deps.ts'
import { openEnv, sealEnv } from '../context.ts'
import { whyHeld } from './hold.ts'

const DAY_MS = 24 * 60 * 60_000

/** When a preview goes that nobody pushes to from now on. */
export const expiryOf = ({ delivery }: Deployment) =>
  new Date(Date.now() + delivery.previews.days * DAY_MS).toISOString()

/**
 * The variables of an app's previews: those that were set for them, else its own without the secret ones. A fork gets
 * none that is secret in any case: its code could tell them to anybody.
 */
export function previewEnv(
  deps: Pick<Deps, 'secrets'>,
  app: Deployment,
  { isFork }: { isFork: boolean },
): EnvVariable[] {
  const open =
    app.previewEnv === null ? withoutSecrets(openEnv(deps, app.id, app.env)) : openEnv(deps, app.id, app.previewEnv)
  return isFork ? withoutSecrets(open) : open
}

const withoutSecrets = (env: EnvVariable[]) => env.filter((it) => !it.secret)

type Copied = Pick<Deployment, 'githubUrl' | 'rootDir' | 'template' | 'overrides' | 'volumes'>

/** What a preview has of its app. Volumes are named after the deployment, so the preview's are its own, and empty. */
export function copySettings({ config }: Pick<Deps, 'config'>, app: Deployment, pullRequest: PullRequest): Copied {
  const { githubUrl, rootDir, template, volumes } = app
  const { memoryMb, cpus } = app.delivery.previews
  const overrides: Overrides = {
    // What slipway.json asks for counts where nothing is set: a stranger's is not to say how much of the machine it gets.
    ...(pullRequest.isFork && { memoryMb: config.appMemoryMb, cpus: config.appCpus }),
    ...app.overrides,
    ...(memoryMb !== undefined && { memoryMb }),
    ...(cpus !== undefined && { cpus }),
  }
  return { githubUrl, rootDir, template, volumes, overrides }
}

/**
 * Before each release of a preview: gives it the settings that its app has now. Of a deployment that is no preview
 * nothing is changed. Call inside the transaction that writes the release.
 * @throws approval_needed, preview_limit
 */
export async function preparePreview(deps: Deps, db: Db, id: string): Promise<void> {
  const preview = await findDeployment(db, id)
  if (!preview?.pullRequest || preview.previewOf === null) return
  const app = await findDeployment(db, preview.previewOf)
  if (!app) return
  const held = await whyHeld(db, app, preview)
  if (held) throw held
  const env = sealEnv(deps, id, previewEnv(deps, app, preview.pullRequest))
  await updateDeployment(db, id, { ...copySettings(deps, app, preview.pullRequest), env })
}
