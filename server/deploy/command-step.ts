import type { CommandSpec } from '../adapters/docker-container.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { createMask } from '../mask.ts'
import { labelsOf, type ReleaseRef } from '../names.ts'
import { type StepContext, secretsOf } from './context.ts'
import { explainLog } from './explain/explain-log.ts'
import { keepLogEnd, type LogEnd } from './explain/log-end.ts'
import { defineStep, type Step } from './step.ts'
import { specOf } from './steps/start-container.ts'

/** A command of the app's own that a deploy runs in a container. */
export type CommandStep = {
  name: string
  meanwhile?: true
  nameOf: (instance: string, ref: ReleaseRef) => string
  /** Undefined where there is none to run. */
  commandOf(ctx: StepContext): string | undefined
  /** The release that it runs in: its image, variables, volumes, network and limits. This one by default. */
  homeOf?(ctx: StepContext): Promise<StepContext>
  /** How its failure is told: “The release command”, and what that means for the versions. */
  failure: { code: ErrorCode; subject: string; consequence: string }
}

/**
 * A step that runs a command to its end, in a container that goes when the deploy is over. What it prints is in the build
 * log, without secrets; it may take as long as a build. After a crash it runs again: it has to bear that.
 */
export function defineCommandStep(command: CommandStep): Step {
  const nameOf = ({ config, ref }: StepContext) => command.nameOf(config.instance, ref)
  return defineStep({
    name: command.name,
    phase: 'deploying',
    until: 'deployed',
    ...(command.meanwhile && { meanwhile: true }),
    effects: (ctx) => (command.commandOf(ctx) === undefined ? [] : [{ kind: 'container', name: nameOf(ctx) }]),
    async apply(ctx) {
      const line = command.commandOf(ctx)
      if (line === undefined) return
      const home = (await command.homeOf?.(ctx)) ?? ctx
      const mask = createMask(secretsOf(home.env))
      const shown = mask(line)
      const end = keepLogEnd(mask)
      ctx.say(shown, 'step')
      const spec = { ...specOf(home, nameOf(ctx), line), labels: labelsOf(ctx.config.instance, ctx.ref) }
      const code = await runToEnd(ctx, command, shown, spec, (text, stream) => {
        end.add(text)
        ctx.say(mask(text), stream)
      })
      if (code !== 0) throw explainFailure(command, shown, code, end)
    },
    revert: (ctx) => ctx.docker.removeContainer(nameOf(ctx), ctx.ref.deploymentId),
    inspect: async ({ docker }, { name }) => (await docker.inspectContainer(name)) !== undefined,
  })
}

function explainFailure({ failure }: CommandStep, line: string, code: number, end: LogEnd): AppError {
  const found = explainLog(end.lines(), 'start')
  const ended = `${failure.subject} ended with exit code ${code}: ${line}`
  return new AppError(failure.code, found ? `${ended}. ${found.message}` : ended, {
    hint: `${found ? `${found.hint} ` : 'What it printed is in the build log. '}${failure.consequence}`,
  })
}

/** @throws the failure's code when it takes longer than a build may */
async function runToEnd(
  ctx: StepContext,
  { failure }: CommandStep,
  line: string,
  spec: CommandSpec,
  say: (text: string, stream: string) => void,
): Promise<number> {
  const seconds = ctx.config.buildTimeoutSeconds
  const limit = AbortSignal.timeout(seconds * 1000)
  const signal = AbortSignal.any([ctx.signal, limit])
  try {
    return await ctx.docker.runContainer(spec, ({ text, stream }) => say(text, stream), signal)
  } catch (error) {
    if (!limit.aborted || ctx.signal.aborted) throw error
    throw new AppError(
      failure.code,
      `${failure.subject} did not end within ${seconds} s: ${line}. Make it faster, or raise SLIPWAY_BUILD_TIMEOUT_SECONDS.`,
      { hint: failure.consequence },
    )
  }
}
