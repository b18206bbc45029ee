import { mkdirSync, rmSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import path from 'node:path'

/**
 * Keeps a second server off the data folder: a Unix socket that only one process can listen on. The socket of a process
 * that was killed refuses connections and is replaced. Answers the function that gives the folder back.
 * @throws when another server uses the folder.
 */
export async function lockDataDir(dataDir: string): Promise<() => void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const socket = path.join(dataDir, 'slipway.lock')
  if (await answers(socket))
    throw new Error(`Another Slipway uses ${dataDir}. Stop it first, or set SLIPWAY_DATA_DIR to another folder.`)
  rmSync(socket, { force: true })
  const server = createServer((connection) => connection.end())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
  server.unref()
  return () => void server.close()
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(socket)
    connection.once('connect', () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', () => resolve(false))
  })
}
