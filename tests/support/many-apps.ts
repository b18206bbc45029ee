import { randomUUID } from 'node:crypto'
import { insertDeployment, updateDeployment } from '../../server/db/deployments.ts'
import { openDatabase } from '../../server/db/open.ts'
import { insertRelease, updateRelease } from '../../server/db/releases.ts'
import type { DeploymentStatus } from '../../server/db/schema.ts'
import { createSecrets, loadMasterKeys } from '../../server/secrets.ts'

const NAMES = ['blog', 'shop', 'docs', 'status', 'wiki', 'chat', 'board', 'mail', 'photos', 'metrics']
const STATUSES: DeploymentStatus[] = ['running', 'running', 'running', 'stopped', 'failed']

/**
 * Writes rows of apps that were deployed before, straight into the database of a server that is not busy: a list of 500
 * takes a second instead of an hour. Nothing of them is on the machine, and none is live, so nobody looks for it.
 */
export async function writeManyApps(dataDir: string, count: number): Promise<void> {
  const db = await openDatabase(dataDir)
  const secrets = createSecrets(loadMasterKeys(dataDir, undefined))
  try {
    await db.transaction().execute(async (trx) => {
      for (let index = 0; index < count; index++) {
        const name = `${NAMES[index % NAMES.length]}-${index}`
        const id = randomUUID()
        const deployment = await insertDeployment(trx, {
          id,
          name,
          githubUrl: `https://github.com/acme/${name}`,
          branch: index % 3 === 0 ? 'main' : null,
          rootDir: '',
          subdomain: name,
          template: 'node',
          overrides: {},
          volumes: [],
          env: secrets.encrypt('[]', id),
        })
        const release = await insertRelease(trx, deployment)
        const sha = index.toString(16).padStart(40, 'a')
        await updateRelease(trx, release, {
          status: 'failed',
          commit: { sha, message: `Change ${index}`, author: 'Ada', at: new Date().toISOString() },
        })
        await updateDeployment(trx, id, { status: STATUSES[index % STATUSES.length] ?? 'running' })
      }
    })
  } finally {
    await db.destroy()
  }
}
