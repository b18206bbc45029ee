import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import path from 'node:path'
import { AppError } from '../errors.ts'
import type { NginxOptions } from './nginx.ts'
import { readIfThere, writeWhole } from './nginx-files.ts'
import { chooseHoldFolder } from './nginx-holds.ts'
import { statusHostOf, variablePrefixOf } from './nginx-names.ts'
import type { TestResult } from './nginx-program.ts'
import { createRender } from './nginx-render.ts'

/** What differs between our own nginx and the distribution's. */
export type Engine = {
  /** The configuration file that is ours, beside the vhosts. */
  conf: string
  /** Makes folders and the main configuration; true when the latter is new or was changed. */
  prepare(): Promise<boolean>
  /** Tests all that is on the disk, as far as our rights reach. */
  test(): Promise<TestResult>
  /** Tests the main configuration with these vhost files only. */
  trial(files: string[]): Promise<TestResult>
  /** Has nginx read its configuration again, and starts it where that is ours to do. Does not wait for the effect. */
  load(): Promise<void>
  /** The process id of the running master, where it can be known. */
  master(): Promise<number | undefined>
  /**
   * `down` when provably no nginx runs with our vhosts; `orphaned` when workers of ours serve on after their master was
   * killed: nothing can be changed until `load` has started a new one.
   */
  state(): Promise<'up' | 'down' | 'orphaned'>
  /** Workers that finish their last requests and that no master knows. */
  drainingOrphans(): Promise<number[]>
  /** True when the old workers may be told to stop at once instead of 100 ms later. */
  mayEndWorkers: boolean
  stop(): Promise<void>
}

/** Places and values that templates and files are made from. */
export type Setup = Awaited<ReturnType<typeof createSetup>>

/** Makes the folder and the probe token where they are missing. @throws AppError nginx_rejected when we may not. */
export async function createSetup(options: NginxOptions) {
  const port = options.httpPort
  const token = await readToken(options.dir)
  const holdFolder = await chooseHoldFolder(options.dir)
  return {
    ...options,
    render: createRender(),
    token,
    holdFolder,
    log: options.log ?? (() => undefined),
    drainSeconds: Math.max(1, options.drainSeconds ?? 30),
    generationFile: path.join(options.dir, 'generation.inc'),
    values: {
      mode: options.mode,
      instance: options.instance,
      v: variablePrefixOf(options.instance),
      holdFolder,
      statusHost: statusHostOf(options.instance),
      listens: hasIpv6() ? [`${port}`, `[::]:${port}`] : [`${port}`],
      trustCloudflare: options.trustCloudflare ?? false,
      maxBodyMb: options.maxBodyMb ?? 1024,
      readTimeoutSeconds: options.readTimeoutSeconds ?? 3600,
    },
  }
}

/** Who knows the token may ask nginx which release answers. 32 digits: longer would not fit nginx's map buckets. */
async function readToken(dir: string): Promise<string> {
  const file = path.join(dir, 'probe-token')
  try {
    await mkdir(dir, { recursive: true })
    const known = (await readIfThere(file))?.trim()
    if (known !== undefined && /^[0-9a-f]{32}$/.test(known)) return known
    const token = randomBytes(16).toString('hex')
    await writeWhole(file, `${token}\n`, 0o600)
    return token
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error
    const message = `Slipway may not write to ${dir}; give it to the user that Slipway runs as`
    throw new AppError('nginx_rejected', message, { cause: error })
  }
}

/** `listen [::]:80` fails for the whole configuration where the kernel has no IPv6. */
const hasIpv6 = () =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'))
