import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pipeline } from '../../server/deploy/pipeline.ts'

/**
 * Loaded into the server with --import: at a named moment of a named step it kills the process (SIGKILL, as a power cut
 * would) or holds the step. The moment stands in `interfere` in the data folder, as "kill apply build-image before".
 */
const file = path.join(process.env.SLIPWAY_DATA_DIR ?? '', 'interfere')
const reached = path.join(process.env.SLIPWAY_DATA_DIR ?? '', 'interfere-reached')

async function interfere(moment: string): Promise<void> {
  const wanted = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (wanted === `kill ${moment}`) {
    rmSync(file)
    process.kill(process.pid, 'SIGKILL')
    await new Promise(() => undefined)
  }
  if (wanted !== `hold ${moment}`) return
  writeFileSync(reached, moment)
  while (existsSync(file)) await sleep(10)
  rmSync(reached, { force: true })
}

for (const step of pipeline) {
  const { name, apply, revert } = step
  step.apply = async (ctx) => {
    await interfere(`apply ${name} before`)
    await apply(ctx)
    await interfere(`apply ${name} after`)
  }
  step.revert = async (ctx) => {
    await interfere(`revert ${name} before`)
    const result = await revert(ctx)
    await interfere(`revert ${name} after`)
    return result
  }
}
