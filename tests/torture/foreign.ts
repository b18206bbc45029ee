import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { World } from '../support/world.ts'

/** Things of somebody else's, of every kind that Slipway makes. */
export type Foreign = {
  /** What they are now, to be compared with what they were. */
  look(): Promise<unknown>
  planted: unknown
  remove(): Promise<void>
}

const vhost = (port: number) => `server {\n  listen ${port};\n  server_name foreign.example.com;\n  return 204;\n}\n`

export async function plantForeign({ slipway, docker, cloudflare }: World): Promise<Foreign> {
  const name = `foreign-${slipway.instance}`
  const file = path.join(slipway.dataDir, 'vhosts', 'foreign.conf')
  await docker.createNetwork({ Name: name, IPAM: { Driver: 'default', Config: [{ Subnet: subnet() }] } })
  const container = await docker.createContainer({
    name,
    Image: 'debian:bookworm-slim',
    Cmd: ['sleep', 'infinity'],
    HostConfig: { NetworkMode: name, Init: true },
  })
  await writeFile(file, vhost(slipway.httpPort))
  cloudflare?.state.addRecord({ type: 'A', name: 'foreign.example.com', content: '192.0.2.1' })
  // In the very tunnel that Slipway uses.
  const { id: tunnel } = cloudflare?.state.addTunnel({ name: `slipway-${slipway.instance}` }) ?? { id: '' }
  cloudflare?.state.putConfiguration(tunnel, {
    ingress: [{ hostname: 'foreign.example.com', service: 'http://10.0.0.1' }, { service: 'http_status:404' }],
  })
  const look = async () => {
    const { records = [], configurations = {} } = cloudflare?.state.snapshot() ?? {}
    const [state, network] = await Promise.all([container.inspect(), docker.getNetwork(name).inspect()])
    return {
      container: [state.Id, state.Created],
      network: [network.Id, network.Created],
      vhost: await readFile(file, 'utf8'),
      records: records.filter((it) => it.name === 'foreign.example.com'),
      rules: configurations[tunnel]?.config?.ingress?.filter((it) => it.hostname === 'foreign.example.com'),
    }
  }
  return {
    look,
    planted: await look(),
    async remove() {
      await container.remove({ force: true })
      await docker.getNetwork(name).remove()
    },
  }
}

/** Out of the way of those that Slipway chooses. */
const subnet = () => `10.213.${Math.floor(Math.random() * 256)}.${Math.floor(Math.random() * 32) * 8}/29`
