import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { PullHead } from '../../adapters/git-pull.ts'
import { hasCode } from '../../errors.ts'
import type { StepContext } from '../context.ts'
import { approvalNeeded } from '../previews/hold.ts'
import { refuseFullDisk } from '../refuse-full-disk.ts'
import { readWithAccess } from '../repository-access.ts'
import { defineStep } from '../step.ts'

/** A shallow clone at one commit. It goes when the image is built and the deploy over. */
export const checkOut = defineStep({
  name: 'check-out',
  phase: 'building',
  until: 'deployed',
  effects: (ctx) =>
    ctx.release.imageFrom === null ? [{ kind: 'checkout', name: `${ctx.deployment.id}-${ctx.release.number}` }] : [],
  async check(ctx) {
    pullOf(ctx)
    // A rollback makes hardly anything, and may be what mends a full disk.
    if (ctx.release.imageFrom === null) await refuseFullDisk(ctx)
  },
  async apply(ctx) {
    const { git, deployment, release, checkout, signal, say } = ctx
    if (release.imageFrom !== null) return
    await rm(checkout, { recursive: true, force: true })
    const { githubUrl: url, branch } = release.inputs
    const pull = pullOf(ctx)
    const named = pull ? `pull request ${pull.number}` : branch
    say(`Cloning ${url}${named === null ? '' : ` (${named})`}`, 'step')
    const clone = (wanted?: string) =>
      readWithAccess(ctx, { githubUrl: url, deploymentId: deployment.previewOf ?? deployment.id }, (address) =>
        git.checkOut({ ...address, branch, pull, commit: wanted, folder: checkout, signal }),
      )
    const { branch: _, ...commit } = await clone(release.inputs.commit).catch((error: unknown) => {
      if (release.inputs.commit === undefined || !hasCode(error, 'branch_not_found')) throw error
      say(`${error.message} The newest one is taken.`, 'stderr')
      return clone()
    })
    say(`Commit ${commit.sha.slice(0, 7)} by ${commit.author}: ${commit.message}`)
    await ctx.remember({ commit })
  },
  revert: ({ checkout }) => rm(checkout, { recursive: true, force: true, maxRetries: 3 }),
  inspect: async ({ checkout }) => existsSync(checkout),
})

/** What a preview is made from. Of a fork the commit that was approved, and no other. @throws approval_needed */
function pullOf({ deployment: { pullRequest } }: StepContext): PullHead | undefined {
  if (pullRequest === null) return undefined
  const { number, isFork, approvedSha } = pullRequest
  if (!isFork) return { number }
  if (approvedSha === undefined) throw approvalNeeded(pullRequest)
  return { number, sha: approvedSha }
}
