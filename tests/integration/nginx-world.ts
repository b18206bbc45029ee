import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createNginx, type NginxOptions, type Vhost } from '../../server/adapters/nginx.ts'

export type Reply = { status: number; headers: http.IncomingHttpHeaders; body: string }
type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A real nginx in a folder of its own, and real HTTP servers behind it. */
export async function createWorld(options: Partial<NginxOptions> = {}) {
  const root = await mkdtemp(path.join(tmpdir(), 'slipway-nginx-test-'))
  const settings: NginxOptions = {
    mode: 'managed',
    bin: 'nginx',
    dir: path.join(root, 'nginx'),
    vhostsDir: path.join(root, 'vhosts'),
    httpPort: await freePort(),
    instance: 'slipway',
    drainSeconds: 1,
    ...options,
  }
  const nginx = createNginx(settings)
  const servers: http.Server[] = []
  const holds: string[] = []

  return {
    root,
    settings,
    nginx,
    vhostFile: (subdomain: string) => path.join(settings.vhostsDir, `${subdomain}.conf`),

    async serve(handler: Handler): Promise<{ port: number; server: http.Server }> {
      const server = http.createServer(handler).listen(0, '127.0.0.1')
      servers.push(server)
      await new Promise((resolve) => server.once('listening', resolve))
      return { port: (server.address() as AddressInfo).port, server }
    },

    /** A request as a visitor sends it, by host name. */
    visit: (hostname: string, options: Partial<http.RequestOptions> & { body?: string | Buffer } = {}) =>
      visit(settings.httpPort, hostname, options),

    hold(hostname: string, deploymentId: string) {
      holds.push(hostname)
      return nginx.hold(hostname, deploymentId)
    },

    async close() {
      for (const server of servers) server.closeAllConnections()
      for (const server of servers) server.close()
      for (const hostname of holds) await nginx.unhold(hostname)
      await nginx.stop()
      await rm(root, { recursive: true, force: true })
    },
  }
}

export type World = Awaited<ReturnType<typeof createWorld>>

export function visit(
  port: number,
  hostname: string,
  { body, headers, ...options }: Partial<http.RequestOptions> & { body?: string | Buffer } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const all = { host: '127.0.0.1', port, agent: false, headers: { host: hostname, ...headers }, ...options }
    const asked = http.request(all, async (response) => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

export const appVhost = (subdomain: string, port: number, more: Partial<Vhost> = {}): Vhost => ({
  subdomain,
  hostname: `${subdomain}.localhost`,
  deploymentId: randomUUID(),
  release: 1,
  target: { kind: 'app', port },
  ...more,
})
