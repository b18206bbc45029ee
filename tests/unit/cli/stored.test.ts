import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { readStored, removeStored, storedAt, writeStored } from '../../../cli/stored.ts'
import { makeFolder } from '../../support/temp-folder.ts'

const login = { url: 'https://slipway.example.com', token: 'secret' }
const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8)

test('it lies in the config folder, by the XDG specification', () => {
  expect(storedAt({ HOME: '/home/ada' })).toBe('/home/ada/.config/slipway/config.json')
  expect(storedAt({ HOME: '/home/ada', XDG_CONFIG_HOME: '/etc/ada' })).toBe('/etc/ada/slipway/config.json')
  expect(storedAt({ HOME: '/home/ada', XDG_CONFIG_HOME: 'relative' })).toBe('/home/ada/.config/slipway/config.json')
})

test('only its user can read it, also where folder and file were open before, and nothing else is left', async () => {
  const env = { XDG_CONFIG_HOME: makeFolder() }
  const file = storedAt(env)
  await mkdir(path.dirname(file), { mode: 0o755 })
  await writeFile(file, '{}')
  await chmod(file, 0o644)
  await writeStored(env, login)
  expect(await readStored(env)).toEqual(login)
  expect(await modeOf(file)).toBe('600')
  expect(await modeOf(path.dirname(file))).toBe('700')
  expect(await readdir(path.dirname(file))).toEqual(['config.json'])
})

test('nothing is stored before a login, and after a logout', async () => {
  const env = { XDG_CONFIG_HOME: makeFolder() }
  expect(await readStored(env)).toBeUndefined()
  await removeStored(env)
  await writeStored(env, { ...login, made: true, insecure: true })
  expect(await readStored(env)).toEqual({ ...login, made: true, insecure: true })
  await removeStored(env)
  expect(await readStored(env)).toBeUndefined()
})

test.each(['', '[]', 'null', '{"url": 1}', '{"url": "https://x"}', '{"token'])(
  '“%s” is told, not used',
  async (text) => {
    const env = { XDG_CONFIG_HOME: makeFolder() }
    await writeStored(env, login)
    await writeFile(storedAt(env), text)
    await expect(readStored(env)).rejects.toMatchObject({
      code: 'config_unreadable',
      message: expect.stringMatching(/log in again/),
    })
  },
)
