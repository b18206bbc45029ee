import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

/** What somebody without Slipway types. */

export const run = promisify(execFile)
/** Debian's client builds with BuildKit by itself; others need a plugin that may be missing. */
export const client = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker'

/** `docker build` of a folder; answers how long it took, in ms. */
export async function buildByHand(folder: string, image: string): Promise<number> {
  const began = performance.now()
  await run(client, ['build', '--quiet', '--tag', image, folder], { env: { ...process.env, DOCKER_BUILDKIT: '1' } })
  return performance.now() - began
}

export const removeImage = (image: string) => run(client, ['rmi', '--force', image])
