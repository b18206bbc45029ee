import { BlockList, isIP } from 'node:net'
import type { Config } from '../config.ts'

/** How far an address leads: this machine, its network, or everywhere. */
type Reach = 'machine' | 'network' | 'anywhere'

const machine = new BlockList()
machine.addSubnet('127.0.0.0', 8)
machine.addAddress('0.0.0.0')
machine.addAddress('::1', 'ipv6')
machine.addAddress('::', 'ipv6')

const network = new BlockList()
for (const [address, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  network.addSubnet(address, bits)
}
network.addSubnet('fc00::', 7, 'ipv6')
network.addSubnet('fe80::', 10, 'ipv6')

function reachOf(url: string): Reach {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  const version = isIP(host)
  if (version === 0) {
    if (/(^|\.)localhost$/.test(host)) return 'machine'
    return /^[^.]+$|\.(local|internal|lan|home|home\.arpa)$/.test(host) ? 'network' : 'anywhere'
  }
  const family = version === 4 ? 'ipv4' : 'ipv6'
  if (machine.check(host, family)) return 'machine'
  return network.check(host, family) ? 'network' : 'anywhere'
}

/** An Enterprise Server of one's own may well be in the same network, whatever its name says. */
const isGithubCom = (url: string) => /(^|\.)(github\.com|ghe\.com)$/.test(new URL(url).hostname)

/** Why GitHub cannot deliver webhooks to SLIPWAY_PUBLIC_URL; undefined where it may well be able to. */
export function problemOfReach({ publicUrl, githubApiUrl }: Pick<Config, 'publicUrl' | 'githubApiUrl'>) {
  const ours = reachOf(publicUrl)
  const isNear = ours === 'network' && !isGithubCom(githubApiUrl)
  if (ours === 'anywhere' || isNear || reachOf(githubApiUrl) === 'machine') return undefined
  return `GitHub cannot reach ${publicUrl}. Set SLIPWAY_PUBLIC_URL to an address that it reaches, and pushes are heard of at once.`
}
