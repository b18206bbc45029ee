import { beforeEach, describe, expect, test } from 'vitest'
import { type CloudflareWorld, makeCloudflareWorld } from '../support/cloudflare-world.ts'

let world: CloudflareWorld
let content: string

beforeEach(async () => {
  world = await makeCloudflareWorld()
  content = `${(await world.cloudflare.ensureTunnel()).id}.cfargotunnel.com`
})

const records = () => world.standIn.state.records
const POST = /^POST .*\/dns_records$/

/** What others keep in the zone: neighbours, wildcards, other types at our names, comments that look like ours. */
function addForeignRecords() {
  const { addRecord } = world.standIn.state
  addRecord({ type: 'A', name: 'example.com', content: '192.0.2.1', proxied: true })
  addRecord({ type: 'CNAME', name: '*.example.com', content: 'elsewhere.example.net', comment: 'slipway' })
  addRecord({ type: 'TXT', name: 'app.example.com', content: '"verification=1"', comment: 'slipway:test:d1' })
  addRecord({ type: 'CNAME', name: 'x.app.example.com', content, proxied: true, comment: 'slipway:test:d1' })
  addRecord({ type: 'CNAME', name: 'theirs.example.com', content, proxied: true, comment: 'slipway:test-2:d1' })
}

test('a record is a proxied CNAME to the tunnel with our mark, and is gone after it was removed', async () => {
  addForeignRecords()
  const before = JSON.stringify(records())
  await world.cloudflare.addRecord('app.example.com', 'd1')
  expect(records().at(-1)).toMatchObject({
    type: 'CNAME',
    name: 'app.example.com',
    content,
    proxied: true,
    ttl: 1,
    comment: 'slipway:test:d1',
  })
  expect(await world.cloudflare.hasRecord('APP.example.com', 'd1')).toBe(true)
  expect(await world.cloudflare.hasRecord('app.example.com', 'd2')).toBe(false)
  await world.cloudflare.removeRecord('APP.example.com', 'd1')
  expect(await world.cloudflare.hasRecord('app.example.com', 'd1')).toBe(false)
  expect(JSON.stringify(records())).toBe(before)
})

test('nothing is written when the record is right already, and removing what is not there succeeds', async () => {
  await world.cloudflare.addRecord('app.example.com', 'd1')
  await world.cloudflare.addRecord('App.example.com', 'd1')
  await world.cloudflare.removeRecord('nothing.example.com', 'd1')
  await world.cloudflare.removeRecord('app.example.com', 'd2')
  expect(world.sent(/^(POST|PATCH|PUT|DELETE) \/zones/)).toHaveLength(1)
})

test.each([
  ['another tunnel', { content: 'b9d7a1f0-0000-4000-8000-000000000000.cfargotunnel.com', proxied: true }],
  ['the tunnel unproxied', { proxied: false }],
])('our record that points at %s is corrected, not doubled', async (_name, wrong) => {
  const old = world.standIn.state.addRecord({
    type: 'CNAME',
    name: 'app.example.com',
    content,
    comment: 'slipway:test:d1',
    ...wrong,
  })
  await world.cloudflare.addRecord('app.example.com', 'd1')
  expect(records()).toHaveLength(1)
  expect(records()[0]).toMatchObject({ id: old.id, content, proxied: true, comment: 'slipway:test:d1' })
})

describe('a record that is not ours', () => {
  const tunnelRecord = {
    type: 'CNAME',
    proxied: true,
    content: 'b9d7a1f0-0000-4000-8000-000000000000.cfargotunnel.com',
  }
  test.each([
    ['a CNAME of somebody else', { type: 'CNAME', content: 'elsewhere.example.net' }],
    ['an A record', { type: 'A', content: '192.0.2.1' }],
    ['an AAAA record', { type: 'AAAA', content: '2001:db8::1' }],
    ['an NS record', { type: 'NS', content: 'ns.example.net' }],
    ['a tunnel record without a comment', tunnelRecord],
    ['a record of another deployment', { ...tunnelRecord, comment: 'slipway:test:d2' }],
    ['a record of another instance', { ...tunnelRecord, comment: 'slipway:other:d1' }],
    ['a comment in other letters', { ...tunnelRecord, comment: 'Slipway:test:d1' }],
    [
      'a record with our mark that somebody made point elsewhere',
      { ...tunnelRecord, content: 'x.example.net', comment: 'slipway:test:d1' },
    ],
  ])('%s is refused, not reported as ours, and never removed', async (_name, record) => {
    world.standIn.state.addRecord({ ...record, name: 'app.example.com' })
    const before = JSON.stringify(records())
    const refused = { code: 'dns_record_foreign', field: 'subdomain', message: expect.stringContaining(record.content) }
    await expect(world.cloudflare.checkHostname('App.example.com', 'd1')).rejects.toMatchObject(refused)
    await expect(world.cloudflare.addRecord('app.example.com', 'd1')).rejects.toMatchObject(refused)
    expect(await world.cloudflare.hasRecord('app.example.com', 'd1')).toBe(false)
    await world.cloudflare.removeRecord('app.example.com', 'd1')
    expect(JSON.stringify(records())).toBe(before)
    expect(world.sent(/^(POST|PATCH|PUT|DELETE) \/zones/)).toEqual([])
  })

  test('that appears between our look and our write is refused as well', async () => {
    const rival = { type: 'CNAME', name: 'app.example.com', content: 'elsewhere.example.net' }
    world.standIn.between(POST, () => void world.standIn.state.addRecord(rival))
    await expect(world.cloudflare.addRecord('app.example.com', 'd1')).rejects.toMatchObject({
      code: 'dns_record_foreign',
    })
    expect(records()).toHaveLength(1)
    expect(records()[0]).toMatchObject(rival)
  })
})

test('a record that our other half made in the same moment is adopted', async () => {
  await Promise.all([
    world.cloudflare.addRecord('app.example.com', 'd1'),
    world.another().addRecord('app.example.com', 'd1'),
    world.cloudflare.addRecord('app.example.com', 'd1'),
  ])
  expect(records()).toHaveLength(1)
})

test('a record that another program deletes while we do is no failure', async () => {
  await world.cloudflare.addRecord('app.example.com', 'd1')
  world.standIn.between(/^DELETE/, () => void records().splice(0))
  await world.cloudflare.removeRecord('app.example.com', 'd1')
  expect(records()).toEqual([])
})

test('twenty records at once, beside records of others', async () => {
  addForeignRecords()
  const before = JSON.stringify(records())
  const apps = Array.from({ length: 20 }, (_, index) => ({ hostname: `n${index}.example.com`, id: `d${index}` }))
  await Promise.all(apps.map((app) => world.cloudflare.addRecord(app.hostname, app.id)))
  const listed = await world.cloudflare.listRecords()
  const ours = listed.filter((record) => record.hostname.startsWith('n'))
  expect(new Map(ours.map((record) => [record.hostname, record.deploymentId]))).toEqual(
    new Map(apps.map((app) => [app.hostname, app.id])),
  )
  await Promise.all(apps.map((app) => world.cloudflare.removeRecord(app.hostname, app.id)))
  expect(JSON.stringify(records())).toBe(before)
})

test('the list holds our instance’s records only, over more than one page', async () => {
  addForeignRecords()
  for (let index = 0; index < 1001; index++) {
    world.standIn.state.addRecord({
      type: 'CNAME',
      name: `p${index}.example.com`,
      content,
      comment: `slipway:test:p${index}`,
    })
  }
  const listed = await world.cloudflare.listRecords()
  expect(listed).toHaveLength(1002)
  expect(listed).toContainEqual(expect.objectContaining({ hostname: 'x.app.example.com', deploymentId: 'd1' }))
  expect(listed.map((record) => record.hostname)).not.toContain('theirs.example.com')
  expect(listed.map((record) => record.hostname)).not.toContain('app.example.com')
})

test('a hostname outside the zone is refused and its misnamed record taken back', async () => {
  await expect(world.cloudflare.addRecord('app.other.org', 'd1')).rejects.toMatchObject({
    code: 'cloudflare_rejected',
    message: expect.stringContaining('app.other.org.example.com'),
  })
  expect(records()).toEqual([])
})
