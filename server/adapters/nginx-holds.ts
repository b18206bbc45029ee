import { createHash } from 'node:crypto'
import { chmod, mkdir, rm, rmdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { BESIDE, namesIn, readIfThere, writeWhole } from './nginx-files.ts'
import { checkDeploymentId, checkHostname } from './nginx-names.ts'

/** The name of a file beside the markers: no host name begins with a dot. */
export const FAREWELL = '.farewell'

export type Hold = { hostname: string; deploymentId: string }

export type Holds = {
  hold(hostname: string, deploymentId: string): Promise<void>
  unhold(hostname: string): Promise<void>
  holds(hostname: string): Promise<boolean>
  listHolds(): Promise<Hold[]>
}

/**
 * Host names whose first deployment is on its way: one marker file each, which the default server looks for at every
 * request, so that no reload is needed.
 */
export function createHolds(folder: string): Holds {
  const fileOf = (hostname: string) => {
    checkHostname(hostname)
    return path.join(folder, hostname)
  }
  const readHold = async (hostname: string) => {
    const deploymentId = (await readIfThere(path.join(folder, hostname)))?.trim()
    return deploymentId === undefined ? [] : [{ hostname, deploymentId }]
  }
  return {
    async hold(hostname, deploymentId) {
      checkDeploymentId(deploymentId)
      const file = fileOf(hostname)
      await inHoldFolder(folder, () => writeWhole(file, `${deploymentId}\n`))
    },
    async unhold(hostname) {
      await rm(fileOf(hostname), { force: true })
      await removeIfEmpty(folder)
    },
    holds: async (hostname) => (await readIfThere(fileOf(hostname))) !== undefined,
    async listHolds() {
      const names = (await namesIn(folder)).filter((name) => !name.endsWith(BESIDE) && name !== FAREWELL)
      return (await Promise.all(names.map(readHold))).flat()
    },
  }
}

/** Writes into the folder, which is there only while something is in it: it may vanish between being made and used. */
export async function inHoldFolder(folder: string, write: () => Promise<void>, attempts = 10): Promise<void> {
  await mkdir(folder, { recursive: true })
  try {
    await chmod(folder, 0o755)
    await write()
  } catch (error) {
    if (attempts === 0 || codeOf(error) !== 'ENOENT') throw error
    await inHoldFolder(folder, write, attempts - 1)
  }
}

export async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTEMPTY') throw error
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined)

/**
 * Where the markers go. Workers of a root nginx run as nobody and cannot look into a data folder that only root may
 * enter (a checkout in /root is one); then they lie in /run.
 */
export async function chooseHoldFolder(dir: string): Promise<string> {
  const beside = path.join(dir, 'holding')
  if (process.getuid?.() !== 0) return beside
  return (await isOpenToAll(dir)) ? beside : runtimeFolder(dir)
}

/** Where hold markers go when the workers' user cannot pass through the data folder: short, fixed, and empty after a boot. */
const runtimeFolder = (dir: string) =>
  `/run/slipway-nginx-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`

async function isOpenToAll(folder: string): Promise<boolean> {
  const { mode } = await stat(folder)
  if ((mode & 0o001) === 0) return false
  return folder === '/' || isOpenToAll(path.dirname(folder))
}
