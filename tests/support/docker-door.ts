import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A socket that leads to the engine, and can be made to take connections without ever answering. */
export type DockerDoor = {
  /** For DOCKER_HOST. */
  address: string
  hang(): void
  open(): void
  close(): Promise<void>
}

export async function openDockerDoor(to = '/var/run/docker.sock'): Promise<DockerDoor> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-door-'))
  const file = path.join(folder, 'docker.sock')
  const sockets = new Set<Socket>()
  let hangs = false
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    return socket
  }
  const server = createServer((visitor) => {
    keep(visitor)
    if (hangs) return visitor.resume()
    const engine = keep(createConnection(to))
    engine.on('close', () => visitor.destroy())
    visitor.on('close', () => engine.destroy())
    visitor.pipe(engine).pipe(visitor)
  }).listen(file)
  await once(server, 'listening')
  const endAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    address: `unix://${file}`,
    hang() {
      hangs = true
      endAll()
    },
    open() {
      hangs = false
      endAll()
    },
    async close() {
      endAll()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true })
    },
  }
}
