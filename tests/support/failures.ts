import { expect } from 'vitest'
import { outside } from './small-app.ts'
import type { World } from './world.ts'

/** `says` is looked for in the message and the hint. `isRefused`: by a check, before any step began. */
export type Failure = { step: string; code: string; says: RegExp; isRefused?: true }

/** The deploy fails like this, leaves nothing on the machine, and a delete takes the rest. */
export async function fails(
  world: World,
  input: Record<string, unknown>,
  { step, code, says, isRefused }: Failure,
): Promise<void> {
  const before = await world.inventory()
  const app = await world.deploy({ subdomain: 'unlucky', ...input })
  try {
    expect(app).toMatchObject({ status: 'failed', error: { step, code } })
    const { message, hint } = app.error
    expect(hint === undefined ? message : `${message} ${hint}`).toMatch(says)
    if (hint !== undefined) expect(message).not.toContain(hint)
    expect(outside(await world.inventory())).toEqual(outside(before))
    const status = await world.status(app.id)
    expect(status).toMatchObject({ step: isRefused ? null : step, error: { step, code } })
    const failed = status.steps.find((it: any) => it.name === step)
    if (isRefused) expect(status.steps.every((it: any) => it.state === 'pending' && !it.startedAt)).toBe(true)
    else expect(failed).toMatchObject({ state: 'failed', error: { code } })
    const { body } = await world.slipway.api('GET', `/api/logs/${app.id}`)
    expect(body.lines.at(-1).text).toBe(`${step}: ${message}`)
  } finally {
    await world.remove(app.id)
  }
  expect(await world.inventory()).toEqual(before)
}

/** The request itself is refused, and nothing is made, not even a row. */
export async function isRefused(
  world: World,
  input: Record<string, unknown>,
  status: number,
  code: string,
  says: RegExp,
) {
  const before = await world.inventory()
  const answer = await world.slipway.api('POST', '/api/deployments', input)
  expect(answer).toMatchObject({ status, body: { code } })
  expect(answer.body.message).toMatch(says)
  expect(await world.inventory()).toEqual(before)
}
