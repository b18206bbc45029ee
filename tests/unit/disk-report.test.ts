import { expect, test } from 'vitest'
import { insertReceipt } from '../../server/db/receipts.ts'
import { createDiskReporter } from '../../server/deploy/disk-report.ts'
import { makeInside } from '../support/inside.ts'

test('what takes up the disk is told by app, largest first, and by the name that a deleted one had', async () => {
  const inside = await makeInside({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })
  const { id } = await inside.live('https://github.com/acme/app', 'a'.repeat(40))
  const times = { createdAt: '2026-01-01', removedAt: '2026-01-02' }
  const volume = { kind: 'volume' as const, name: 'slipway-gone-data', release: 1, step: 'create-volumes' }
  const entries = [{ ...volume, removedAt: null, verified: false, kept: true }]
  const app = { deploymentId: 'gone', name: 'Campaign', subdomain: 'campaign', githubUrl: '' }
  await insertReceipt(inside.deps.db, { ...app, ...times, entries })
  const none = { images: 0, containers: 0, volumes: 0 }
  const diskUsage = async () => ({
    deployments: new Map([
      [id, { ...none, images: 5 }],
      ['gone', { ...none, volumes: 70 }],
    ]),
    otherImages: 3,
    buildCache: 2,
  })
  const docker = { ...inside.deps.docker, diskUsage }
  const { apps, disks, others } = await createDiskReporter({ ...inside.deps, docker })()
  expect(apps).toMatchObject([
    { deploymentId: 'gone', name: 'Campaign', isGone: true, total: 70 },
    { deploymentId: id, name: 'app', isGone: false, total: 5 },
  ])
  expect(disks).toHaveLength(1)
  expect(others).toMatchObject({ otherImages: 3, buildCache: 2, slipway: expect.any(Number) })
  await inside.close()
})
