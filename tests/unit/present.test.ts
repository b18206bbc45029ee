import { expect, onTestFinished, test } from 'vitest'
import { insertDeployment, updateDeployment } from '../../server/db/deployments.ts'
import { deleteJob, insertJob, listJobs } from '../../server/db/jobs.ts'
import { openDatabase } from '../../server/db/open.ts'
import type { Deps } from '../../server/deps.ts'
import { presentDeployment } from '../../server/http/present.ts'
import { makeFolder } from '../support/temp-folder.ts'

/** An app that runs and is being stopped, and `end`, with which the stop is over. */
async function stopAnApp() {
  const db = await openDatabase(makeFolder())
  onTestFinished(() => db.destroy())
  const config = { domain: 'localhost', nginx: 'managed', httpPort: 8080, instance: 'slipway' }
  const app = await insertDeployment(db, {
    name: 'app',
    githubUrl: 'https://github.com/acme/app',
    branch: null,
    rootDir: '',
    subdomain: 'app',
    template: null,
    overrides: {},
    volumes: [],
    env: '',
  })
  await updateDeployment(db, app.id, { status: 'running' })
  await insertJob(db, app.id, 'stop')
  const end = async () => {
    await updateDeployment(db, app.id, { status: 'stopped', stopped: true })
    for (const job of await listJobs(db, { deploymentId: app.id })) await deleteJob(db, job.id)
  }
  return { deps: { db, config } as unknown as Deps, app, end }
}

test('an app whose stop ends while it is asked for is not shown as one that runs and rests', async () => {
  const { deps, app, end } = await stopAnApp()
  const running = { ...app, status: 'running' as const }
  expect(await presentDeployment(deps, running)).toMatchObject({ status: 'running', isBusy: true })
  await end()
  expect(await presentDeployment(deps, running)).toMatchObject({ status: 'stopped', isBusy: false })
})

test('an app that is gone is shown as it was', async () => {
  const { deps, app } = await stopAnApp()
  const gone = { ...app, id: crypto.randomUUID(), name: 'gone' }
  expect(await presentDeployment(deps, gone)).toMatchObject({ name: 'gone', isBusy: false })
})
