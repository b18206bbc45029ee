import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type LiveSocket, openSocket } from '../support/live-socket.ts'
import { createSlipway, type Slipway } from '../support/slipway.ts'

let slipway: Slipway
let socket: LiveSocket

beforeAll(async () => {
  slipway = await createSlipway({ SLIPWAY_NGINX: 'off' })
  await slipway.start()
})
afterAll(() => slipway.destroy())
beforeEach(async () => {
  socket = await openSocket(`${slipway.url}/api/events`, { authorization: `Bearer ${slipway.token}` })
  await socket.until((it) => it.type === 'hello')
})
afterEach(() => socket.close())

const told = (what: string) => socket.until((it) => it.type === 'changed' && it.what === what)
const logIn = (password: string) =>
  slipway.api('POST', '/api/auth/login', { username: 'admin', password }, { authorization: '' })

test('a token that is made or deleted is told to other windows, and so is the note about it', async () => {
  const { body } = await slipway.api('POST', '/api/tokens', { name: 'CI', scope: 'read' })
  await Promise.all([told('tokens'), told('audit')])
  const before = socket.messages.length
  await slipway.api('DELETE', `/api/tokens/${body.token.id}`)
  await expect
    .poll(() =>
      socket.messages
        .slice(before)
        .filter((it) => it.type === 'changed')
        .map((it) => it.what),
    )
    .toEqual(['tokens', 'audit'])
})

test('a login and its end are told', async () => {
  const { body } = await logIn('correct horse battery')
  await Promise.all([told('sessions'), told('audit')])
  const before = socket.messages.length
  await slipway.api('POST', '/api/auth/logout', undefined, { authorization: `Bearer ${body.token}` })
  await expect
    .poll(() =>
      socket.messages
        .slice(before)
        .filter((it) => it.type === 'changed')
        .map((it) => it.what),
    )
    .toEqual(['sessions', 'audit'])
})

test('a wrong password changes the audit log alone', async () => {
  await logIn('wrong wrong wrong')
  await told('audit')
  expect(socket.messages.filter((it) => it.what === 'sessions')).toEqual([])
})
