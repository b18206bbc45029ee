import { readdir, readFile } from 'node:fs/promises'

/** The argument lists of all processes of this machine. */
export async function argumentLists(): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const read = (id: string) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')
  return Promise.all(ids.map(async (id) => (await read(id)).replaceAll('\0', ' ')))
}
