import { readdir, readFile } from 'node:fs/promises'

/** What the kernel says of a process; memory in KiB. */
export type ProcessFigures = { resident: number; anonymous: number; descriptors: number; children: number }

/** @throws where there is no such process (any more) */
export async function readProcess(pid: number): Promise<ProcessFigures> {
  const [status, descriptors, children] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readdir(`/proc/${pid}/fd`),
    readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'),
  ])
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  return {
    resident: read('VmRSS'),
    anonymous: read('RssAnon'),
    descriptors: descriptors.length,
    children: children.split(' ').filter((it) => it.trim() !== '').length,
  }
}

/** The least of each of several readings: what is left when everything that is only passing has passed. */
export function leastOf(readings: ProcessFigures[]): ProcessFigures {
  const least = (name: keyof ProcessFigures) => Math.min(...readings.map((it) => it[name]))
  return {
    resident: least('resident'),
    anonymous: least('anonymous'),
    descriptors: least('descriptors'),
    children: least('children'),
  }
}
