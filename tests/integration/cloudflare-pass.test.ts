import { beforeEach, expect, test } from 'vitest'
import type { Cloudflare } from '../../server/adapters/cloudflare.ts'
import { type CloudflareWorld, makeCloudflareWorld } from '../support/cloudflare-world.ts'

const LOOK = /^GET .*\/(configurations|dns_records)$/
const hosts = ['a', 'b', 'c'].map((name) => `${name}.example.com`)

let world: CloudflareWorld
let pass: Cloudflare

beforeEach(async () => {
  world = await makeCloudflareWorld()
  for (const hostname of hosts) {
    await world.cloudflare.addRoute(hostname, hostname)
    await world.cloudflare.addRecord(hostname, hostname)
  }
  pass = world.cloudflare.forOnePass()
})

/** What each app has, asked one after the other as the reconciler does. */
async function look(at: Cloudflare): Promise<boolean[][]> {
  const seen: boolean[][] = []
  for (const hostname of hosts)
    seen.push([
      await at.hasRoute(hostname.toUpperCase(), hostname),
      await at.hasRecord(hostname.toUpperCase(), hostname),
    ])
  return seen
}

test('a pass over all apps asks for two lists and sees what single looks see', async () => {
  world.standIn.state.records.splice(1, 1)
  const before = world.sent(LOOK).length
  const seen = await look(pass)
  expect(world.sent(LOOK).length - before).toBe(2)
  expect(seen).toEqual(await look(world.cloudflare))
  expect(seen).toEqual([
    [true, true],
    [true, false],
    [true, true],
  ])
  expect(await pass.hasRoute(hosts[0] ?? '', 'another deployment')).toBe(false)
})

test('a change made in the pass is seen in it', async () => {
  await look(pass)
  await pass.removeRoute('a.example.com', 'a.example.com')
  await pass.removeRecord('b.example.com', 'b.example.com')
  expect(await look(pass)).toEqual([
    [false, true],
    [true, false],
    [true, true],
  ])
  await pass.addRoute('a.example.com', 'a.example.com')
  await pass.addRecord('b.example.com', 'b.example.com')
  expect((await look(pass)).flat()).not.toContain(false)
})

test('the next pass looks again, and so does one whose list failed', async () => {
  await look(pass)
  world.standIn.state.records.splice(0)
  expect(await pass.hasRecord('a.example.com', 'a.example.com')).toBe(true)
  const next = world.cloudflare.forOnePass()
  world.standIn.fail({ match: /dns_records/, kind: 'denied' })
  await expect(next.hasRecord('a.example.com', 'a.example.com')).rejects.toMatchObject({ code: 'cloudflare_denied' })
  expect(await next.hasRecord('a.example.com', 'a.example.com')).toBe(false)
})
