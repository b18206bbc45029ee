import { preDeployContainerName } from '../../names.ts'
import { defineCommandStep } from '../command-step.ts'
import { createContext, type StepContext } from '../context.ts'

/**
 * What has to be done in the version that is live before anything is switched, such as a backup. When it fails the deploy
 * ends. Not where nothing runs (the first deploy, a stopped app, a machine that was restored), and not for a rollback: the
 * way back must not wait.
 * What a preview has is not worth it.
 */
export const runPreDeploy = defineCommandStep({
  name: 'run-pre-deploy',
  nameOf: preDeployContainerName,
  commandOf,
  homeOf: (ctx) => createContext(ctx, ctx.deployment.id, ctx.live?.number ?? 0),
  failure: {
    code: 'pre_deploy_failed',
    subject: 'The command before a deploy',
    consequence:
      'Nothing was switched: the version before stays live. To deploy without it, set another command in the settings, such as true.',
  },
})

/**
 * What the user says holds at once. What slipway.json says is that of the live version: it may call a script which that
 * version does not have yet, and then nothing could be deployed any more.
 */
function commandOf({ deployment, live, release }: StepContext): string | undefined {
  if (live === undefined || live.containerId === null || deployment.stopped) return undefined
  if (release.imageFrom !== null || deployment.previewOf !== null) return undefined
  const { preDeployCommand } = release.inputs.overrides
  if (preDeployCommand !== undefined) return preDeployCommand
  // Of a live version whose slipway.json was overruled nobody knows what it said.
  const from = live.inputs.overrides.preDeployCommand === undefined ? live : release
  return from.recipe?.settings.preDeployCommand
}
