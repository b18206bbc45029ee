import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { blockPort, claimPort, findPort, listPorts, releasePort } from '../../server/db/ports.ts'
import { makeDatabase, makeDeployment } from '../support/temp-database.ts'

const range = { from: 3000, to: 3003 }

async function makeRegistry() {
  const db = await makeDatabase()
  const deploymentId = await makeDeployment(db)
  const holder = (release: number) => ({ deploymentId, release })
  return { db, holder, claim: (release: number) => claimPort(db, holder(release), range) }
}

describe('a port for a release', () => {
  test('the lowest free one is handed out first, and each only once', async () => {
    const { claim } = await makeRegistry()
    expect([await claim(1), await claim(2), await claim(3)]).toEqual([3000, 3001, 3002])
  })

  test('one that was given back is handed out again before higher ones', async () => {
    const { db, holder, claim } = await makeRegistry()
    for (const release of [1, 2, 3]) await claim(release)
    await releasePort(db, holder(2))
    expect(await findPort(db, holder(2))).toBeUndefined()
    expect(await claim(4)).toBe(3001)
    expect(await claim(5)).toBe(3003)
  })

  test('a full range answers undefined and leaves every port to its holder', async () => {
    const { db, holder, claim } = await makeRegistry()
    for (const release of [1, 2, 3, 4]) await claim(release)
    expect(await claim(5)).toBeUndefined()
    expect(await findPort(db, holder(5))).toBeUndefined()
    expect(await Promise.all([1, 2, 3, 4].map((release) => findPort(db, holder(release))))).toEqual([
      3000, 3001, 3002, 3003,
    ])
  })

  test('twelve claims at once of four ports give four of them one each', async () => {
    const { claim } = await makeRegistry()
    const claimed = await Promise.all(Array.from({ length: 12 }, (_, index) => claim(index + 1)))
    expect(claimed.filter((port) => port !== undefined).sort()).toEqual([3000, 3001, 3002, 3003])
  })

  test('one that another process holds is passed over for ten minutes, then tried again', async () => {
    const { db, holder, claim } = await makeRegistry()
    expect(await claim(1)).toBe(3000)
    await blockPort(db, 3000, 'held by another process')
    expect(await findPort(db, holder(1))).toBeUndefined()
    expect(await claim(1)).toBe(3001)
    expect(await listPorts(db)).toMatchObject([
      { port: 3000, deployment_id: null, blocked_reason: 'held by another process' },
      { port: 3001, release: 1, blocked_reason: null },
    ])

    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
    await sql`update port_registry set blocked_at = ${ago(9)} where port = 3000`.execute(db)
    expect(await claim(2)).toBe(3002)
    await sql`update port_registry set blocked_at = ${ago(11)} where port = 3000`.execute(db)
    expect(await claim(3)).toBe(3000)
    expect((await listPorts(db))[0]).toMatchObject({ blocked_reason: null, blocked_at: null, released_at: null })
  })

  test('ports of an earlier, other range do not count', async () => {
    const { db, holder } = await makeRegistry()
    await claimPort(db, holder(1), { from: 9000, to: 9000 })
    expect(await claimPort(db, holder(2), { from: 3000, to: 3000 })).toBe(3000)
    expect(await claimPort(db, holder(3), { from: 9000, to: 9001 })).toBe(9001)
  })

  test('SQLite refuses to forget a deployment that still holds one', async () => {
    const { db, holder, claim } = await makeRegistry()
    const { deploymentId } = holder(1)
    await claim(1)
    await sql`delete from releases`.execute(db)
    const forget = () => db.deleteFrom('deployments').where('id', '=', deploymentId).execute()
    await expect(forget()).rejects.toThrow(/FOREIGN KEY/)
    await releasePort(db, holder(1))
    await forget()
  })
})
