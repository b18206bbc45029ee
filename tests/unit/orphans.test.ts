import { afterEach, expect, test } from 'vitest'
import { insertBackup, updateBackup } from '../../server/db/backups.ts'
import { lookForOrphans } from '../../server/deploy/findings/orphans.ts'
import { type Inside, makeInside } from '../support/inside.ts'

let inside: Inside
afterEach(() => inside.close())

test('what a backup reads volumes through is an orphan only once no backup is made', async () => {
  inside = await makeInside({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })
  const { db } = inside.deps
  const labels = { 'slipway.instance': 'slipway' }
  const listOwned = async () => [
    { kind: 'container' as const, name: 'slipway_volume_reader', labels: { ...labels, 'slipway.volumes': 'reader' } },
    { kind: 'network' as const, name: 'slipway-stray', labels },
  ]
  const deps = { ...inside.deps, docker: { ...inside.deps.docker, listOwned } }
  const orphans = async () => {
    const look = { deps, cloudflare: undefined, signal: new AbortController().signal }
    return (await lookForOrphans(look)).flatMap(({ id, kind }) => (kind === 'orphan' ? [id] : []))
  }
  const target = { kind: 'folder' as const, folder: '/nowhere' }
  await insertBackup(db, { id: 'b', name: 'b', cause: 'user', target, startedAt: '2026-01-01T00:00:00.000Z' })
  expect(await orphans()).toEqual(['orphan:network:slipway-stray'])
  await updateBackup(db, 'b', { state: 'failed' })
  expect(await orphans()).toHaveLength(2)
})
