import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { hasConnection, hasVisitors } from '../../server/adapters/nginx-visitors.ts'

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const line = (local: string, remote: string, state: string) =>
  `   0: 0100007F:${local} 0100007F:${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 48291 1`

test.each([
  ['a client', line('1F90', 'D431', '01'), true],
  ['our own socket, which listens', line('1F90', '0000', '0A'), false],
  ['a client that has left', line('1F90', 'D431', '06'), false],
  ['the client’s end of it', line('D431', '1F90', '01'), false],
  ['a client of another port', line('91F9', '1F90', '01'), false],
])('%s at port 8080', (_, text, expected) => {
  expect(hasConnection(`${HEAD}\n${text}\n`, 8080)).toBe(expected)
})

test('a visitor is seen while he is connected', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  expect(await hasVisitors(port)).toBe(false)
  const client = connect(port, '127.0.0.1')
  await once(client, 'connect')
  expect(await hasVisitors(port)).toBe(true)
  client.destroy()
  server.close()
})
