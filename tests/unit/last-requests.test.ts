import { expect, test } from 'vitest'
import { recordEffects } from '../../server/db/ledger.ts'
import type { StepContext } from '../../server/deploy/context.ts'
import { claimPort } from '../../server/deploy/steps/claim-port.ts'
import { publishVhost } from '../../server/deploy/steps/publish-vhost.ts'
import { makeDatabase, makeDeployment } from '../support/temp-database.ts'

/** A second release of an app that is to be undone, and what nginx is asked for meanwhile. */
async function makeRelease(live: { number: number; subdomain: string } | undefined) {
  const db = await makeDatabase()
  const id = await makeDeployment(db)
  const asked: string[] = []
  const note = (what: string) => async () => void asked.push(what)
  const nginx = { mode: 'managed', install: note('install'), uninstall: note('uninstall'), drained: note('drained') }
  const deployment = { id, liveRelease: live?.number ?? null, stopped: false }
  const release = { deploymentId: id, number: 2, subdomain: 'app', status: 'undoing' }
  const ctx = {
    db,
    nginx,
    deployment,
    release,
    config: { domain: 'example.com' },
    live: live && { deploymentId: id, ...live },
  }
  return { ctx: ctx as unknown as StepContext, asked }
}

test.each([
  ['of a release that failed while another serves', { number: 1, subdomain: 'app' }, ['install', 'drained']],
  ['under the old name of an app that has moved', { number: 3, subdomain: 'shop' }, ['uninstall', 'drained']],
  ['of an app that is deleted', undefined, ['uninstall']],
])('the last requests %s: what nginx does before the container may stop', async (_, live, expected) => {
  const { ctx, asked } = await makeRelease(live)
  await publishVhost.revert(ctx)
  expect(asked).toEqual(expected)
})

test('a port that visitors were led to goes back after their last requests, another one at once', async () => {
  const { ctx, asked } = await makeRelease({ number: 1, subdomain: 'app' })
  await claimPort.revert(ctx)
  expect(asked).toEqual([])
  const owner = { deploymentId: ctx.deployment.id, release: 2, step: 'publish-vhost' }
  await recordEffects(ctx.db, owner, [{ kind: 'vhost', name: 'app.conf' }], 'removed')
  await claimPort.revert(ctx)
  expect(asked).toEqual(['drained'])
})
