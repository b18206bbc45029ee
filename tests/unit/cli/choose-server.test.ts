import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chooseServer } from '../../../cli/choose-server.ts'

/** Two servers that note what they are asked with. */
const heard: (string | undefined)[][] = [[], []]
const servers = heard.map((notes) =>
  createServer((request, response) => {
    notes.push(request.headers.authorization)
    response.setHeader('content-type', 'application/json').end('{}')
  }),
)
let [own, other] = ['', '']
beforeAll(async () => {
  for (const server of servers) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  ;[own = '', other = ''] = servers.map((it) => `http://127.0.0.1:${(it.address() as AddressInfo).port}`)
})
afterAll(() => servers.forEach((it) => void it.close()))

const stored = () => ({ url: own, token: 'stored' })

test('the stored login is used where the environment says nothing', async () => {
  await chooseServer({}, stored(), false).request('GET', '/')
  expect(heard[0]?.at(-1)).toBe('Bearer stored')
})

test('the environment wins over it', async () => {
  await chooseServer({ SLIPWAY_URL: other, SLIPWAY_TOKEN: 'given' }, stored(), false).request('GET', '/')
  expect(heard[1]?.at(-1)).toBe('Bearer given')
  await chooseServer({ SLIPWAY_TOKEN: 'given' }, stored(), false).request('GET', '/')
  expect(heard[0]?.at(-1)).toBe('Bearer given')
})

test('a stored token goes to no address but its own', () => {
  expect(() => chooseServer({ SLIPWAY_URL: other }, stored(), false)).toThrow(
    expect.objectContaining({ code: 'not_logged_in', hint: expect.stringContaining(`slipway login ${other}`) }),
  )
})

test('a login that allowed plain HTTP allows it to its own address only', () => {
  const insecure = { url: 'http://10.0.0.7', token: 'stored', insecure: true }
  expect(chooseServer({}, insecure, false).url).toBe('http://10.0.0.7')
  expect(() => chooseServer({ SLIPWAY_URL: 'http://10.0.0.8', SLIPWAY_TOKEN: 'x' }, insecure, false)).toThrow(
    expect.objectContaining({ code: 'insecure_address' }),
  )
})

test('a token that no header takes is refused without showing it', () => {
  expect(() => chooseServer({ SLIPWAY_URL: own, SLIPWAY_TOKEN: 'hunter2\nx: y' }, undefined, false)).toThrow(
    /^(?!.*hunter2)/,
  )
})
