import { AppError } from '../../errors.ts'
import type { Queue } from '../queue.ts'

/** Mends something of a deployment. @throws not_possible_now while a job runs for it */
export async function whileIdle(queue: Queue, deploymentId: string, work: () => Promise<void>): Promise<void> {
  const done = await queue.whileIdle(deploymentId, async () => {
    await work()
    return true
  })
  if (!done) throw new AppError('not_possible_now', 'A job runs for this deployment. Look again when it is over.')
}
