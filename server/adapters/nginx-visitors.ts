import { readFile } from 'node:fs/promises'
import { ofGone } from './nginx-workers.ts'

const ESTABLISHED = '01'

/** Whether a client is connected to this port of the machine. True as well where the kernel does not tell. */
export async function hasVisitors(port: number): Promise<boolean> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(ofGone)))
  if (tables[0] === undefined) return true
  return tables.some((table) => table !== undefined && hasConnection(table, port))
}

/** Pure: lines of /proc/net/tcp, as `sl local_address rem_address st …` with ports in hexadecimal digits. */
export function hasConnection(table: string, port: number): boolean {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table.split('\n').some((line) => {
    const [, local, , state] = line.trim().split(/\s+/)
    return state === ESTABLISHED && local?.endsWith(end) === true
  })
}
