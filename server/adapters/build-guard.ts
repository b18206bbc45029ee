import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

export type BuildGuard = { ok: boolean; detail: string }

/** Processes a build may have at once: a fork bomb ends here, an ordinary build does not. */
const MAX_PROCESSES = 4096

const limitsOf = (memoryMb: number, cgroups: string): [string, string][] => {
  const bytes = String(memoryMb * 2 ** 20)
  const unified = existsSync(path.join(cgroups, 'cgroup.controllers'))
  const limits: [string, string][] = unified
    ? [
        ['docker/buildkit/memory.max', bytes],
        ['docker/buildkit/memory.swap.max', '0'],
        ['docker/buildkit/pids.max', String(MAX_PROCESSES)],
      ]
    : [
        ['memory/docker/buildkit/memory.limit_in_bytes', bytes],
        ['pids/docker/buildkit/pids.max', String(MAX_PROCESSES)],
      ]
  return limits.map(([file, value]) => [path.join(cgroups, file), value])
}

/**
 * Limits what all builds together may use. BuildKit ignores limits per build, but every build container lives below the
 * cgroup `docker/buildkit`, and what is written there holds (measured on Docker 20.10 with cgroup v1). The engine must
 * use the cgroupfs driver for that place; writing there takes root. Never throws: `detail` says why there is no guard.
 */
export async function setBuildGuard(memoryMb: number, cgroups = '/sys/fs/cgroup'): Promise<BuildGuard> {
  try {
    for (const [file, value] of limitsOf(memoryMb, cgroups)) await writeLimit(file, value)
    return { ok: true, detail: `builds may use ${memoryMb} MB together` }
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return {
      ok: false,
      detail: `Builds are not limited: ${path.join(cgroups, 'docker/buildkit')} cannot be written (${reason}).`,
    }
  }
}

async function writeLimit(file: string, value: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  if ((await readIfThere(file))?.trim() !== value) await writeFile(file, value)
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
