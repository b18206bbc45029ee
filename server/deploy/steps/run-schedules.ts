import { AppError } from '../../errors.ts'
import { JOB_STEP, listStandingJobs, removeJobContainer } from '../schedules/job-container.ts'
import { defineStep } from '../step.ts'

/**
 * The scheduled jobs that were started in this release. A deploy makes none: what runs them (deploy/schedules/) writes
 * each on the ledger before it is made. They may outlast their release, and go with its image at the latest.
 */
export const runSchedules = defineStep({
  name: JOB_STEP,
  phase: 'deploying',
  until: 'pruned',
  meanwhile: true,
  effects: () => [],
  apply: async () => undefined,
  async revert(ctx) {
    const { deploymentId, release } = ctx.ref
    // One that is just being started would be made after we looked.
    await ctx.running.end(
      (it) => it.deploymentId === deploymentId && it.release === release,
      new AppError('cancelled', 'The app was deleted while it ran.'),
    )
    for (const job of await listStandingJobs(ctx.db, deploymentId)) {
      if (job.release === release) await removeJobContainer(ctx, job)
    }
  },
  inspect: async ({ docker }, { kind, name }) =>
    kind === 'network' ? docker.hasNetwork(name) : (await docker.inspectContainer(name)) !== undefined,
})
