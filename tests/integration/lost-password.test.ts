import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSlipway, root, type Slipway } from '../support/slipway.ts'

let slipway: Slipway
beforeAll(async () => {
  slipway = await createSlipway({ SLIPWAY_NGINX: 'off' })
  await slipway.start()
})
afterAll(() => slipway.destroy())

const reset = (...args: string[]) =>
  promisify(execFile)(process.execPath, [path.join(root, 'scripts', 'reset-password.ts'), ...args], {
    env: { PATH: process.env.PATH, SLIPWAY_DATA_DIR: slipway.dataDir },
  })
const login = (password: string) =>
  slipway.api('POST', '/api/auth/login', { username: 'admin', password }, { authorization: '' })

test('a lost password is replaced on the machine while the server runs, and every session ends', async () => {
  const { stdout } = await reset()
  const password = /^The password of “admin” is now (\S{20})\n$/.exec(stdout)?.[1] ?? ''
  expect((await slipway.api('GET', '/api/auth/verify')).status).toBe(401)
  expect((await login('correct horse battery')).status).toBe(401)
  expect((await login(password)).status).toBe(200)
})

test('a user that is not there is told', async () => {
  await expect(reset('nobody')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('no user nobody') })
})
