import { releaseContainerName } from '../../names.ts'
import { defineCommandStep } from '../command-step.ts'

/** What has to be done before the new version starts, such as migrations. When it fails the old version stays live. */
export const runReleaseCommand = defineCommandStep({
  name: 'run-release-command',
  nameOf: releaseContainerName,
  /** A rollback runs what ran already: its command was run when the release was new. */
  commandOf: ({ release }) => (release.imageFrom === null ? release.recipe?.commands.release : undefined),
  failure: {
    code: 'release_command_failed',
    subject: 'The release command',
    consequence: 'Nothing was switched: the version before stays live.',
  },
})
