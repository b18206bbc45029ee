import { BlockList, isIP } from 'node:net'

/** Addresses that mean this machine, or the metadata service of the cloud it stands in. */
const local = new BlockList()
local.addSubnet('0.0.0.0', 8)
local.addSubnet('127.0.0.0', 8)
local.addSubnet('169.254.0.0', 16)
// Where apps are
local.addSubnet('198.18.0.0', 15)
local.addAddress('100.100.100.200')
local.addAddress('168.63.129.16')
local.addAddress('::', 'ipv6')
local.addAddress('::1', 'ipv6')
local.addSubnet('fe80::', 10, 'ipv6')
local.addAddress('fd00:ec2::254', 'ipv6')
local.addAddress('fd20:ce::254', 'ipv6')
local.addAddress('fd00:c1::a9fe:a9fe', 'ipv6')

const LOCAL_NAME = /^(localhost|.+\.localhost|metadata|metadata\.google\.internal)$/

/**
 * The first address in an ADD of a Dockerfile that leads to this machine: ADD is done by the engine, in the machine's own
 * network. A name that only resolves to such an address, a redirect, a variable and a base image's ONBUILD are not seen
 * here: where those lead, the rules of scripts/metadata-wall say.
 */
export function findLocalDownload(dockerfile: string): string | undefined {
  const additions = instructionsOf(dockerfile).filter((it) => /^\s*(ONBUILD\s+)?ADD\s/i.test(it))
  const urls = additions.flatMap((it) => it.match(/https?:\/\/[^\s"']+/gi) ?? [])
  return urls.find((url) => isLocal(hostOf(url)))
}

/** One a line, as BuildKit puts them together: without comments, and with what a line goes on with. */
function instructionsOf(dockerfile: string): string[] {
  const goesOn = /^\s*#\s*escape\s*=\s*`/im.test(dockerfile) ? '`' : '\\\\'
  return dockerfile
    .replace(/^\uFEFF/, '')
    .replace(/^[^\S\n]*#.*\n?/gm, '')
    .replace(new RegExp(`${goesOn}[^\\S\\n]*\\r?\\n`, 'g'), '')
    .split('\n')
}

/** Without the interface that an address of IPv6 may name (`%25eth0`): the engine reads it, and a URL here has none. */
function hostOf(url: string): string {
  const plain = url.replace(/%25[^\]]*\]/, ']')
  return URL.canParse(plain) ? new URL(plain).hostname : ''
}

/** The host as a URL has it: numbers are plain, and an address of IPv6 stands in brackets. */
function isLocal(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const family = isIP(host)
  if (family === 0) return LOCAL_NAME.test(host)
  return local.check(host, family === 6 ? 'ipv6' : 'ipv4')
}
