import { randomBytes } from 'node:crypto'
import { pino } from 'pino'
import {
  type Deployment,
  defaultDelivery,
  findDeployment,
  type Previews,
  updateDeployment,
} from '../../server/db/deployments.ts'
import { sealEnv } from '../../server/deploy/context.ts'
import type { Queue } from '../../server/deploy/queue.ts'
import type { Deps } from '../../server/deps.ts'
import { createEventHub } from '../../server/events.ts'
import { createSecrets } from '../../server/secrets.ts'
import { makeDatabase, makeDeployment } from './temp-database.ts'

/** Nothing runs here: what is asked for stands in the table of jobs. */
export const idleQueue = { kick: () => undefined, abort: () => false } as unknown as Queue

/** A real database with one app that has previews; of the rest as much as previews are made with. */
export async function makePreviewWorld(config: Partial<Deps['config']> = {}) {
  const db = await makeDatabase()
  const deps = {
    db,
    config: { githubUrl: 'https://github.com', appMemoryMb: 512, appCpus: 1, instance: 'slipway', ...config },
    secrets: createSecrets([randomBytes(32)]),
    githubApp: { actOn: async () => undefined },
    events: createEventHub(),
    log: pino({ level: 'silent' }),
  } as unknown as Deps
  const id = await makeDeployment(db, 'app')
  await updateDeployment(db, id, { env: sealEnv(deps, id, []), status: 'running' })

  const find = async (wanted: string): Promise<Deployment> => {
    const found = await findDeployment(db, wanted)
    if (!found) throw new Error(`there is no ${wanted}`)
    return found
  }
  const setPreviews = async (previews: Partial<Previews>) => {
    const before = (await find(id)).delivery.previews
    await updateDeployment(db, id, { delivery: { ...defaultDelivery, previews: { ...before, ...previews } } })
  }
  await setPreviews({ isEnabled: true })
  return { db, deps, id, app: () => find(id), setPreviews }
}
