import { noteBuildUsage } from '../db/build-usage.ts'
import { AppError } from '../errors.ts'
import { admitBuild } from './admit-build.ts'
import type { StepContext } from './context.ts'
import { createDiskReader } from './disks.ts'
import { watchBuild } from './watch-build.ts'

/**
 * Runs a build once it fits, within limits that running apps do not feel, and notes what it took. The signal that `build`
 * is given fires when the build has to end; its reason is thrown then, unless the deploy itself was aborted.
 * @throws build_unguarded, machine_full, build_timed_out, disk_full, build_out_of_memory; what `build` throws
 */
export async function buildWithinLimits(
  ctx: StepContext,
  build: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { config, guard, log } = ctx
  const { memoryMb, release } = await admitBuild(ctx)
  try {
    const letGo = await guard.hold(memoryMb)
    try {
      const { minFreeDiskMb, buildTimeoutSeconds: seconds } = config
      const disks = createDiskReader(ctx)
      const isGuarded = config.buildGuard !== 'off'
      const watch = await watchBuild(guard, { disks, minFreeDiskMb, seconds, memoryMb, isGuarded }, log)
      const failure = await failureOf(() => build(AbortSignal.any([ctx.signal, watch.signal])))
      const { killed, ...taken } = await watch.stop()
      if (failure === undefined)
        return await ctx.db.transaction().execute((db) => noteBuildUsage(db, ctx.release, taken))
      if (watch.signal.aborted && !ctx.signal.aborted) throw watch.signal.reason
      throw explainMemory(ctx, failure.error, { killed, memoryMb })
    } finally {
      await letGo()
    }
  } finally {
    release()
  }
}

async function failureOf(work: () => Promise<void>): Promise<{ error: unknown } | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    return { error }
  }
}

/** Whatever a build says that failed: when the kernel ended one of its processes for want of memory, that is why. */
function explainMemory(
  { config }: StepContext,
  error: unknown,
  { killed, memoryMb }: { killed: 'yes' | 'perhaps' | 'no'; memoryMb: number },
): unknown {
  if (!(error instanceof AppError) || killed === 'no') return error
  const isWhy = error.code === 'build_out_of_memory' || (error.code === 'build_failed' && killed === 'yes')
  if (!isWhy) return error
  const remedy =
    memoryMb < config.buildMemoryMb
      ? 'apps use the rest. Stop an app or give apps less memory, or make the build need less'
      : 'raise SLIPWAY_BUILD_MEMORY_MB, or make the build need less'
  return new AppError('build_out_of_memory', 'The build ran out of memory: the kernel ended one of its processes.', {
    hint: `All builds together may use ${memoryMb} MB at the moment; ${remedy}.`,
    cause: error,
  })
}
