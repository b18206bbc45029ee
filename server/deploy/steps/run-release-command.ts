import { AppError } from '../../errors.ts'
import { createMask } from '../../mask.ts'
import { releaseContainerName } from '../../names.ts'
import { type StepContext, secretsOf } from '../context.ts'
import { explainLog } from '../explain/explain-log.ts'
import { keepLogEnd, type LogEnd } from '../explain/log-end.ts'
import { defineStep } from '../step.ts'
import { specOf } from './start-container.ts'

const nameOf = ({ config, ref }: StepContext) => releaseContainerName(config.instance, ref)

/** A rollback runs what ran already: its command was run when the release was new. */
const commandOf = ({ release }: StepContext) =>
  release.imageFrom === null ? release.recipe?.commands.release : undefined

/**
 * Runs what has to be done before the new version starts, such as migrations, in a container of the new image that goes
 * afterwards. When it fails the old version stays live. After a crash it runs again: it has to bear that.
 */
export const runReleaseCommand = defineStep({
  name: 'run-release-command',
  phase: 'deploying',
  until: 'deployed',
  effects: (ctx) => (commandOf(ctx) === undefined ? [] : [{ kind: 'container', name: nameOf(ctx) }]),
  async apply(ctx) {
    const command = commandOf(ctx)
    if (command === undefined) return
    ctx.say(command, 'step')
    const end = keepLogEnd(createMask(secretsOf(ctx.env)))
    const code = await runToEnd(ctx, command, end)
    if (code !== 0) throw explainFailure(code, command, end.lines())
  },
  revert: (ctx) => ctx.docker.removeContainer(nameOf(ctx), ctx.ref.deploymentId),
  inspect: async ({ docker }, { name }) => (await docker.inspectContainer(name)) !== undefined,
})

function explainFailure(code: number, command: string, printed: string[]): AppError {
  const found = explainLog(printed, 'start')
  const ended = `The release command ended with exit code ${code}: ${command}`
  return new AppError('release_command_failed', found ? `${ended}. ${found.message}` : ended, {
    hint: `${found ? `${found.hint} ` : 'What it printed is in the build log. '}Nothing was switched: the version before stays live.`,
  })
}

/** @throws release_command_failed when it takes longer than a build may */
async function runToEnd(ctx: StepContext, command: string, end: LogEnd): Promise<number> {
  const seconds = ctx.config.buildTimeoutSeconds
  const limit = AbortSignal.timeout(seconds * 1000)
  const signal = AbortSignal.any([ctx.signal, limit])
  try {
    return await ctx.docker.runContainer(
      specOf(ctx, nameOf(ctx), command),
      ({ text, stream }) => {
        end.add(text)
        ctx.say(text, stream)
      },
      signal,
    )
  } catch (error) {
    if (!limit.aborted || ctx.signal.aborted) throw error
    throw new AppError(
      'release_command_failed',
      `The release command did not end within ${seconds} s: ${command}. Make it faster, or raise SLIPWAY_BUILD_TIMEOUT_SECONDS.`,
    )
  }
}
