import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** The status that a request for a WebSocket is answered with; 101 is a socket, which is closed at once. */
export async function upgradeStatus(url: string, headers: Record<string, string>): Promise<number> {
  const asking = request(url, {
    agent: false,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'c2xpcHdheSB0ZXN0IGtleQ==',
      ...headers,
    },
  }).end()
  const upgraded = once(asking, 'upgrade').then(([response, socket]) => {
    socket.destroy()
    return response as IncomingMessage
  })
  const refused = once(asking, 'response').then(([response]) => (response as IncomingMessage).resume())
  const { statusCode = 0 } = await Promise.race([upgraded, refused])
  return statusCode
}

export type LiveSocket = {
  messages: any[]
  /** Waits for a message that fits, also one that has come already. */
  until(fits: (message: any) => boolean): Promise<any>
  /** The code it was closed with. */
  closed: Promise<number>
  close(): void
}

/** A WebSocket that keeps what it hears. */
export async function openSocket(url: string, headers: Record<string, string>): Promise<LiveSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers })
  const messages: any[] = []
  socket.addEventListener('message', ({ data }) => messages.push(JSON.parse(String(data))))
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)))
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error(`no WebSocket at ${url}`)))
  })
  return {
    messages,
    async until(fits) {
      for (let attempt = 0; attempt < 1000; attempt++) {
        const found = messages.find(fits)
        if (found) return found
        await sleep(10)
      }
      throw new Error(`the message did not come, only ${JSON.stringify(messages.slice(-5))}`)
    },
    closed,
    close: () => socket.close(),
  }
}
