import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, probeHttp } from '../../adapters/probe.ts'
import { AppError } from '../../errors.ts'
import { createMask } from '../../mask.ts'
import { containerName } from '../../names.ts'
import { type StepContext, secretsOf } from '../context.ts'
import { defineStep } from '../step.ts'
import { explainSilence } from './explain-silence.ts'

/** After so many restarts an app is not starting but dying. The engine waits longer before each. */
const RESTARTS_UNTIL_DEAD = 3

/** The app answers over HTTP. No outside effect. */
export const awaitHealth = defineStep({
  name: 'await-health',
  phase: 'deploying',
  until: 'deployed',
  apply: waitUntilHealthy,
})

/**
 * Asks the container's port until it answers with something better than 5xx; where the user gave a health path, with
 * 2xx or 3xx.
 * @throws app_exited, app_out_of_memory, app_on_wrong_port, app_on_localhost_only, app_not_answering
 */
export async function waitUntilHealthy(ctx: StepContext): Promise<void> {
  const { config, port = 0, release, hostname, signal, say } = ctx
  const path = release.recipe?.healthPath ?? '/'
  const strict = release.inputs.overrides.healthPath !== undefined
  const deadline = Date.now() + config.startTimeoutSeconds * 1000
  let answer: Answer = { failure: 'refused' }
  let looked = Date.now()
  for (let pause = 10; Date.now() < deadline; pause = Math.min(pause * 1.5, 250)) {
    signal.throwIfAborted()
    answer = await probeHttp(port, path, {
      host: hostname,
      timeoutMs: Math.min(5000, config.startTimeoutSeconds * 1000),
    })
    if ('status' in answer && isHealthy(answer.status, strict)) {
      say(`Answers ${answer.status} on ${path}`)
      return
    }
    if (Date.now() - looked > 200) {
      await refuseIfDead(ctx)
      looked = Date.now()
    }
    await sleep(pause, undefined, { signal })
  }
  await refuseIfDead(ctx)
  await sayWhatItPrinted(ctx)
  throw await explainSilence(ctx, answer, path)
}

const isHealthy = (status: number, strict: boolean) => (strict ? status >= 200 && status < 400 : status < 500)

async function refuseIfDead(ctx: StepContext): Promise<void> {
  const name = containerName(ctx.config.instance, ctx.ref)
  const state = await ctx.docker.inspectContainer(name)
  if (state?.status === 'running' && state.restarts < RESTARTS_UNTIL_DEAD) return
  if (state?.status === 'restarting' && state.restarts < RESTARTS_UNTIL_DEAD && !state.outOfMemory) return
  const printed = await sayWhatItPrinted(ctx)
  if (state?.outOfMemory || state?.exitCode === 137) {
    throw new AppError('app_out_of_memory', 'The app was killed because it used more memory than it may.', {
      hint: 'Raise its memory limit, or make it need less.',
    })
  }
  const said = createMask(secretsOf(ctx.env))(lastWords(printed)).slice(0, 300)
  throw new AppError(
    'app_exited',
    `The app exited with code ${state?.exitCode ?? '?'} instead of serving. ${said ? `It said: ${said}` : 'It printed nothing.'}`,
    { hint: 'Check the start command and the environment variables.' },
  )
}

/** The container goes when the release is undone, and its log with it: the end of it stays in the build log. */
async function sayWhatItPrinted({ config, docker, ref, say }: StepContext): Promise<string[]> {
  const tail = await docker.logTail(containerName(config.instance, ref), 20)
  say(tail.length === 0 ? 'The app printed nothing' : 'What the app printed last', 'step')
  for (const { text, stream } of tail) say(text, stream)
  return tail.map(({ text }) => text.trim())
}

/** The line that says why, if one looks like it: Node ends with a stack and its version, whatever happened. */
const lastWords = (lines: string[]) =>
  lines.findLast((line) => /^\S*(error|exception|panic)\b.*:/i.test(line)) ??
  lines.findLast((line) => line !== '') ??
  ''
