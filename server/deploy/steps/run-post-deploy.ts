import { postDeployContainerName } from '../../names.ts'
import { defineCommandStep } from '../command-step.ts'

/**
 * What has to be done once the new version is live, such as warming a cache or a smoke test. The last step: its failure
 * is told, and nothing is undone for it. Not for a rollback, like the other commands of a deploy, and not for a preview.
 */
export const runPostDeploy = defineCommandStep({
  name: 'run-post-deploy',
  // Nobody waits for the last visitors of the version before.
  meanwhile: true,
  nameOf: postDeployContainerName,
  commandOf: ({ deployment, release }) =>
    release.imageFrom === null && deployment.previewOf === null
      ? release.recipe?.settings.postDeployCommand
      : undefined,
  failure: {
    code: 'post_deploy_failed',
    subject: 'The command after a deploy',
    consequence: 'The new version is live and stays so; roll back if it must not.',
  },
})
