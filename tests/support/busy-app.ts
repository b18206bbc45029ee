/** How long a download takes, and how much it is. */
export const DOWNLOAD = { seconds: 10, bytes: 100 * 10_000 }

/**
 * A Node app that says `text`, sends back what is posted, streams a download for ten seconds, and echoes short messages
 * over a WebSocket. After SIGTERM it ends when its last request has.
 */
export const busyApp = (text: string) => `const { createServer } = require('node:http')
const { createHash } = require('node:crypto')

const server = createServer((request, response) => {
  if (request.method === 'POST') return request.pipe(response)
  if (request.url === '/download') return stream(response)
  response.end(${JSON.stringify(text)})
})

function stream(response) {
  let left = 100
  const timer = setInterval(() => {
    response.write(Buffer.alloc(10_000))
    left -= 1
    if (left > 0) return
    clearInterval(timer)
    response.end()
  }, 100)
  response.on('close', () => clearInterval(timer))
}

server.on('upgrade', ({ headers }, socket) => {
  const key = headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
  const accept = createHash('sha1').update(key).digest('base64')
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n')
  let rest = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data])
    while (rest.length >= 6 && rest.length >= 6 + (rest[1] & 127)) rest = answer(socket, rest)
  })
})

// One masked frame of less than 126 bytes.
function answer(socket, frame) {
  const length = frame[1] & 127
  const mask = frame.subarray(2, 6)
  const payload = Buffer.from(frame.subarray(6, 6 + length).map((byte, index) => byte ^ mask[index % 4]))
  socket.write(Buffer.concat([Buffer.from([frame[0], length]), payload]))
  return frame.subarray(6 + length)
}

server.listen(8000)
process.on('SIGTERM', () => server.close())
`
