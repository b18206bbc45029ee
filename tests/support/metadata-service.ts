import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'

/** What a cloud's metadata service would give away. */
export const CREDENTIALS = 'AKIA-credentials-of-the-machine'

const SERVER = `
  const { createServer } = require('node:http')
  for (const port of [80, 53])
    createServer((_, response) => response.setHeader('connection', 'close').end(${JSON.stringify(CREDENTIALS)})).listen(port, '::', () => {
      if (port === 53) console.log('listening')
    })
`

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' })

/** Its addresses, the second as AWS has it. */
export const METADATA = '169.254.169.254'
export const METADATA_6 = 'fd00:ec2::254'

/**
 * A metadata service as clouds have it: another machine, one hop away, with the addresses above. It is a network
 * namespace with a server on port 80, and on 53, where some clouds answer DNS. Takes root. Answers what removes it.
 */
export async function startMetadataService(): Promise<() => Promise<void>> {
  const name = `swmeta${process.pid}`
  const ends = [`swm${process.pid}a`.slice(0, 15), `swm${process.pid}b`.slice(0, 15)] as const
  ip('netns', 'add', name)
  ip('link', 'add', ends[0], 'type', 'veth', 'peer', 'name', ends[1], 'netns', name)
  ip('address', 'add', '198.51.100.1/30', 'dev', ends[0])
  ip('address', 'add', '2001:db8:169::1/126', 'dev', ends[0], 'nodad')
  ip('link', 'set', ends[0], 'up')
  const inside = (...args: string[]) => ip('-n', name, ...args)
  inside('link', 'set', 'lo', 'up')
  inside('address', 'add', '198.51.100.2/30', 'dev', ends[1])
  inside('address', 'add', '2001:db8:169::2/126', 'dev', ends[1], 'nodad')
  for (const address of [METADATA, METADATA_6]) inside('address', 'add', address, 'dev', 'lo')
  inside('link', 'set', ends[1], 'up')
  inside('route', 'add', 'default', 'via', '198.51.100.1')
  inside('route', 'add', 'default', 'via', '2001:db8:169::1')
  ip('route', 'replace', METADATA, 'via', '198.51.100.2')
  ip('route', 'replace', METADATA_6, 'via', '2001:db8:169::2')
  const server = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', SERVER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(server.stdout, 'data')
  return async () => {
    server.kill('SIGKILL')
    await once(server, 'exit')
    // The pair of links goes with one of its ends, and the route with the link
    ip('link', 'delete', ends[0])
    ip('netns', 'delete', name)
  }
}
