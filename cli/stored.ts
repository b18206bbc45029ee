import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { Failure } from './failure.ts'

/**
 * What a login leaves for the next command. `made`: the token is the login's own, and ends with it; one that there was
 * before may be in use elsewhere. `insecure`: its user allowed plain HTTP to this address.
 */
export type Stored = { url: string; token: string; made?: boolean; insecure?: boolean }

type Env = NodeJS.ProcessEnv

/** In the user's config folder, by the XDG Base Directory Specification: a relative XDG_CONFIG_HOME does not count. */
export function storedAt({ XDG_CONFIG_HOME: wished = '', HOME: home }: Env): string {
  const folder = path.isAbsolute(wished) ? wished : path.join(home || homedir(), '.config')
  return path.join(folder, 'slipway', 'config.json')
}

/** Undefined before the first login. @throws Failure config_unreadable */
export async function readStored(env: Env): Promise<Stored | undefined> {
  const file = storedAt(env)
  const text = await readIfThere(file)
  if (text === undefined) return undefined
  const stored = parse(text)
  if (stored) return stored
  throw new Failure('config_unreadable', `${file} is not what slipway login writes. Remove it, and log in again.`)
}

/** Only the user may read it. A new file takes the place of the old one whole, and never has wider rights. */
export async function writeStored(env: Env, stored: Stored): Promise<void> {
  const file = storedAt(env)
  await prepareStore(env)
  const draft = `${file}.${randomUUID()}`
  try {
    await writeFile(draft, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}

/** Makes the folder: whether there can be one is asked before a token is made for it. */
export async function prepareStore(env: Env): Promise<void> {
  const folder = path.dirname(storedAt(env))
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
}

export const removeStored = (env: Env): Promise<void> => rm(storedAt(env), { force: true })

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new Failure('config_unreadable', `${file} cannot be read (${code}). Mend its rights, or remove it.`)
  }
}

function parse(text: string): Stored | undefined {
  try {
    const { url, token, made, insecure } = JSON.parse(text)
    if (typeof url !== 'string' || typeof token !== 'string') return undefined
    return { url, token, ...(made === true && { made }), ...(insecure === true && { insecure }) }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}
