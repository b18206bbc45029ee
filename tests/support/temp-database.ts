import { onTestFinished } from 'vitest'
import { insertDeployment } from '../../server/db/deployments.ts'
import { openDatabase } from '../../server/db/open.ts'
import { insertRelease } from '../../server/db/releases.ts'
import type { Db } from '../../server/db/schema.ts'
import { makeFolder } from './temp-folder.ts'

/** A database with today's schema, gone when the test is over. */
export async function makeDatabase() {
  const folder = makeFolder()
  const db = await openDatabase(folder)
  onTestFinished(() => db.destroy())
  return db
}

/** A deployment with a first release, which is what most rows belong to. Answers its id. */
export async function makeDeployment(db: Db, subdomain = 'app'): Promise<string> {
  const deployment = await insertDeployment(db, {
    name: subdomain,
    githubUrl: 'https://github.com/acme/app',
    branch: null,
    rootDir: '',
    subdomain,
    template: null,
    overrides: {},
    volumes: [],
    env: '',
  })
  await insertRelease(db, deployment)
  return deployment.id
}
