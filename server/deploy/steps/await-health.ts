import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, probeHttp } from '../../adapters/probe.ts'
import { AppError } from '../../errors.ts'
import { createMask } from '../../mask.ts'
import { containerName } from '../../names.ts'
import { type StepContext, secretsOf } from '../context.ts'
import { explainExit } from '../explain/explain-exit.ts'
import { explainLog } from '../explain/explain-log.ts'
import { defineStep } from '../step.ts'
import { explainSilence, isGuessed, listenersOf, sayListeners, startSecondsOf } from './explain-silence.ts'

/** After so many restarts an app is not starting but dying. The engine waits longer before each. */
const RESTARTS_UNTIL_DEAD = 3
/** How often a slow start is written about. */
const SAY_MS = 15_000
/** So much of its end is looked through for a reason, and so much of that stays in the build log. */
const LOOKED = 100
const PRINTED = 20

/** The app answers over HTTP. No outside effect. */
export const awaitHealth = defineStep({
  name: 'await-health',
  phase: 'deploying',
  until: 'deployed',
  apply: waitUntilHealthy,
})

/**
 * Asks the container's port until it answers with something better than 5xx; where the user or slipway.json gave a health
 * path, with 2xx or 3xx. A template's health path is a guess: where it answers 5xx for half of the time, the front page
 * counts as well.
 * @throws app_exited, app_out_of_memory, app_on_wrong_port, app_on_localhost_only, app_not_answering
 */
export async function waitUntilHealthy(ctx: StepContext): Promise<void> {
  const path = ctx.release.recipe?.healthPath ?? '/'
  const seconds = startSecondsOf(ctx)
  // Not by the wall clock: one that is set meanwhile would end this at once, or never.
  const begun = performance.now()
  let answer: Answer = { failure: 'refused' }
  let looked = begun
  let said = begun
  for (let pause = 10; performance.now() < begun + seconds * 1000; pause = Math.min(pause * 1.5, 250)) {
    ctx.signal.throwIfAborted()
    const mayTryFront = performance.now() > begun + seconds * 500
    const asked = await ask(ctx, path, mayTryFront)
    if (asked.isHealthy) return greet(ctx, asked)
    answer = asked.answer
    if (performance.now() - looked > 200) {
      await refuseIfDead(ctx)
      looked = performance.now()
    }
    if (performance.now() - said >= SAY_MS) {
      said = performance.now()
      await sayWhatIsMissing(ctx, answer, path, Math.round((said - begun) / 1000))
    }
    await sleep(pause, undefined, { signal: ctx.signal })
  }
  await refuseIfDying(ctx)
  await sayWhatItPrinted(ctx)
  throw await explainSilence(ctx, answer, path, await wordsOf(ctx, answer))
}

type Asked = { answer: Answer; path: string; isHealthy: boolean }

async function ask(ctx: StepContext, path: string, mayTryFront: boolean): Promise<Asked> {
  const answer = await probe(ctx, path)
  const isGood = (it: Answer) => 'status' in it && isHealthy(it.status, !isGuessed(ctx))
  if (isGood(answer) || !('status' in answer) || path === '/' || !isGuessed(ctx) || !mayTryFront)
    return { answer, path, isHealthy: isGood(answer) }
  const front = await probe(ctx, '/')
  return isGood(front) ? { answer: front, path: '/', isHealthy: true } : { answer, path, isHealthy: false }
}

const probe = (ctx: StepContext, path: string) =>
  probeHttp(ctx.port ?? 0, path, { host: ctx.hostname, timeoutMs: Math.min(5000, startSecondsOf(ctx) * 1000) })

const isHealthy = (status: number, strict: boolean) => (strict ? status >= 200 && status < 400 : status < 500)

/** Says what it answered. @throws app_not_answering when that is only that it does not serve this host name */
async function greet(ctx: StepContext, { answer, path }: Asked): Promise<void> {
  const status = 'status' in answer ? answer.status : 0
  if (status === 400 || status === 403) await refuseIfHostIsRefused(ctx, answer)
  const chosen = ctx.release.recipe?.healthPath ?? '/'
  ctx.say(`Answers ${status} on ${path}`)
  if (path !== chosen) ctx.say(`${chosen}, which the template chose as health path, answers with an error`, 'stderr')
  else if (status === 404 && path !== '/')
    ctx.say(`There is no ${path}, which the template chose as health path; that it answers counts`)
}

/** Django, Rails and Vite answer only to names they know, and say so: no visitor would see more. */
async function refuseIfHostIsRefused(ctx: StepContext, answer: Answer): Promise<void> {
  const found = explainLog(await wordsOf(ctx, answer), 'start')
  if (found?.code !== 'app_not_answering') return
  await sayWhatItPrinted(ctx)
  throw new AppError('app_not_answering', found.message, { hint: found.hint })
}

/** What the app printed and answered, without secrets. */
async function wordsOf(ctx: StepContext, answer: Answer): Promise<string[]> {
  const printed = (await tailOf(ctx)).map(({ text }) => text)
  const body = 'status' in answer ? (answer.body ?? '') : ''
  return [...printed, ...body.split('\n')].map(createMask(secretsOf(ctx.env)))
}

async function sayWhatIsMissing(ctx: StepContext, answer: Answer, path: string, seconds: number): Promise<void> {
  const port = ctx.release.recipe?.port ?? 0
  const what =
    'status' in answer ? `it answers ${answer.status} on ${path}` : sayListeners(await listenersOf(ctx), port)
  ctx.say(`Still starting: ${what} (${seconds} of ${startSecondsOf(ctx)} s)`)
}

const stateOf = ({ config, docker, ref }: StepContext) => docker.inspectContainer(containerName(config.instance, ref))

/**
 * One that was started again at least once did not fail to answer, it ended. Only between two runs does the engine say
 * with which code.
 */
async function refuseIfDying(ctx: StepContext): Promise<void> {
  await refuseIfDead(ctx)
  let state = await stateOf(ctx)
  if (!state || state.restarts === 0) return
  for (let attempt = 0; attempt < 30 && state?.status === 'running'; attempt++) {
    await sleep(50, undefined, { signal: ctx.signal })
    state = await stateOf(ctx)
  }
  await refuse(ctx, state?.status === 'running' ? undefined : state)
}

async function refuseIfDead(ctx: StepContext): Promise<void> {
  const state = await stateOf(ctx)
  if (state?.status === 'running' && state.restarts < RESTARTS_UNTIL_DEAD) return
  if (state?.status === 'restarting' && state.restarts < RESTARTS_UNTIL_DEAD && !state.outOfMemory) return
  await refuse(ctx, state)
}

async function refuse(ctx: StepContext, state: Awaited<ReturnType<typeof stateOf>>): Promise<never> {
  const printed = await sayWhatItPrinted(ctx)
  if (state?.outOfMemory || state?.exitCode === 137) {
    throw new AppError('app_out_of_memory', 'The app was killed because it used more memory than it may.', {
      hint: 'Raise its memory limit, or make it need less.',
    })
  }
  throw explainExit(state?.exitCode, printed.map(createMask(secretsOf(ctx.env))))
}

const tailOf = ({ config, docker, ref }: StepContext) => docker.logTail(containerName(config.instance, ref), LOOKED)

/** The container goes when the release is undone, and its log with it: the end of it stays in the build log. */
async function sayWhatItPrinted(ctx: StepContext): Promise<string[]> {
  const tail = await tailOf(ctx)
  ctx.say(tail.length === 0 ? 'The app printed nothing' : 'What the app printed last', 'step')
  for (const { text, stream } of tail.slice(-PRINTED)) ctx.say(text, stream)
  return tail.map(({ text }) => text.trimEnd())
}
