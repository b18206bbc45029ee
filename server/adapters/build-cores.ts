import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** `0-2,4` as numbers. */
function readList(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [first = Number.NaN, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

/** Numbers as the kernel writes them, so that what it answers can be compared. */
function writeList(numbers: number[]): string {
  const ranges: [number, number][] = []
  for (const number of numbers) {
    const range = ranges.at(-1)
    if (range?.[1] === number - 1) range[1] = number
    else ranges.push([number, number])
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}

/**
 * The cores that builds keep to, as the kernel lists them: all of the machine's but the first. What answers a visitor is
 * woken many times for one request; each time it may wait some milliseconds for a busy core, and on the first it does
 * not. Undefined where there is one core only, or the kernel has no cpusets here.
 */
export async function readBuildCores(cgroups: string): Promise<string | undefined> {
  for (const file of ['cpuset.cpus.effective', 'cpuset/cpuset.cpus']) {
    if (!existsSync(path.join(cgroups, file))) continue
    const [, ...others] = readList((await readFile(path.join(cgroups, file), 'utf8')).trim())
    return others.length === 0 ? undefined : writeList(others)
  }
  return undefined
}

/** A folder of cgroup v1 that was just made has no cores and no memory, and takes neither while its parent has none. */
export async function fillCpusets(cgroups: string, place: string): Promise<void> {
  let folder = path.join(cgroups, 'cpuset')
  for (const name of place.split('/')) {
    const parent = folder
    folder = path.join(folder, name)
    await mkdir(folder, { recursive: true })
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const target = path.join(folder, file)
      const isSet = existsSync(target) && (await readFile(target, 'utf8')).trim() !== ''
      const source = path.join(parent, file)
      if (!isSet && existsSync(source)) await writeFile(target, (await readFile(source, 'utf8')).trim())
    }
  }
}
