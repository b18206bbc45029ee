import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { promisify } from 'node:util'
import { METADATA_6 } from './metadata-service.ts'
import { root } from './slipway.ts'

const SERVER = `
  const { createServer } = require('node:net')
  for (const port of [80, 53])
    createServer((socket) => socket.end()).listen(port, '::', () => { if (port === 53) console.log('listening') })
`
const CLIENT = `
  const socket = require('node:net').connect({ host: '${METADATA_6}', port: Number(process.argv[1]), timeout: 1000 })
  const say = (what) => { console.log(what); socket.destroy() }
  socket.on('connect', () => say('open')).on('error', (error) => say(error.code)).on('timeout', () => say('no answer'))
`

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' })
const run = promisify(execFile)

/**
 * A machine whose engine gives builds IPv6, as three network namespaces: the machine with its docker0, a build there, and
 * a metadata service one hop away. Takes root. The engine of the machine that runs the tests has no part in it.
 */
export async function makeMachineWithIpv6(instance: string) {
  const name = (part: string) => `sw6${part}${process.pid}`
  const [machine, build, service] = [name('m'), name('b'), name('s')]
  for (const it of [machine, build, service]) ip('netns', 'add', it)
  ip('-n', machine, 'link', 'add', 'docker0', 'type', 'bridge')
  join(machine, build, 'builds', '2001:db8:1::', 'docker0')
  join(machine, service, 'cloud', '2001:db8:2::')
  ip('-n', service, 'link', 'set', 'lo', 'up')
  ip('-n', service, 'address', 'add', METADATA_6, 'dev', 'lo')
  ip('-n', machine, 'route', 'add', METADATA_6, 'via', '2001:db8:2::2')
  const within = (space: string, ...command: string[]) => run('ip', ['netns', 'exec', space, ...command])
  await within(machine, 'sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding')
  const server = spawn('ip', ['netns', 'exec', service, process.execPath, '-e', SERVER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(server.stdout, 'data')
  return {
    wall: (what: string) => within(machine, path.join(root, 'scripts', 'metadata-wall'), what, instance),
    connectFromBuild: async (port: number) =>
      (await within(build, process.execPath, '-e', CLIENT, String(port))).stdout.trim(),
    async remove() {
      server.kill('SIGKILL')
      await once(server, 'exit')
      for (const it of [machine, build, service]) ip('netns', 'delete', it)
    },
  }
}

/** Joins a namespace to the machine's, which has the address …::1 of the network, on `bridge` if one is named. */
function join(machine: string, other: string, link: string, network: string, bridge?: string): void {
  ip('-n', machine, 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', other)
  if (bridge !== undefined) ip('-n', machine, 'link', 'set', link, 'master', bridge)
  ip('-n', machine, 'address', 'add', `${network}1/64`, 'dev', bridge ?? link, 'nodad')
  for (const it of new Set([link, bridge ?? link])) ip('-n', machine, 'link', 'set', it, 'up')
  ip('-n', other, 'address', 'add', `${network}2/64`, 'dev', 'eth0', 'nodad')
  ip('-n', other, 'link', 'set', 'eth0', 'up')
  ip('-n', other, 'route', 'add', 'default', 'via', `${network}1`)
}
