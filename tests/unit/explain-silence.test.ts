import { expect, test } from 'vitest'
import { explainListeners, parseListeners, sayListeners } from '../../server/deploy/steps/explain-silence.ts'

/** What /proc/net/tcp and tcp6 said in a container with a network of its own (Docker 20.10, Linux 5.10). */
const recorded = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0B00007F:91B3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 399596 1 0000000093a86401 100 0 0 10 0
   1: 00000000:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 400542 1 000000000ffd0920 100 0 0 10 0
   2: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 400543 1 0000000036743091 100 0 0 10 0
   3: 00000000:1770 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 400546 1 00000000b747b6b3 100 0 0 10 0
   4: 0100007F:AA66 0100007F:1770 01 00000000:00000000 00:00000000 00000000     0        0 400547 2 00000000ddddba2a 20 0 0 10 -1
   5: 0100007F:1770 0100007F:AA66 01 00000000:00000000 00:00000000 00000000     0        0 400548 1 000000006b4f1381 20 0 0 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:240D 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 400544 1 00000000374ca32e 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:1B58 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 400545 1 000000008a4df172 100 0 0 10 0
`

test('what listens is told from what is connected, and loopback from all addresses', () => {
  expect(parseListeners(recorded)).toEqual([
    { port: 3000, loopback: false },
    { port: 8080, loopback: true },
    { port: 6000, loopback: false },
    { port: 9229, loopback: false },
    { port: 7000, loopback: true },
  ])
})

test('::1 is loopback, another IPv6 address is not', () => {
  const line = (address: string) => `   0: ${address}:0050 ${'0'.repeat(32)}:0000 0A 00000000:00000000`
  expect(parseListeners(line('00000000000000000000000001000000'))).toEqual([{ port: 80, loopback: true }])
  expect(parseListeners(line('B80D0120000000000000000001000000'))).toEqual([{ port: 80, loopback: false }])
})

test('a container without a shell’s files listens on nothing that is known', () => {
  expect(parseListeners('')).toEqual([])
})

const open = (port: number) => ({ port, loopback: false })
const hidden = (port: number) => ({ port, loopback: true })

test('an app on another port is told with that port, for people and for a button', () => {
  expect(explainListeners([open(4321)], 8000)).toMatchObject({
    code: 'app_on_wrong_port',
    message: 'The app listens on port 4321, not on 8000.',
    port: 4321,
  })
})

test('of several ports the likeliest is offered, and that of a debugger never', () => {
  const error = explainListeners([open(9464), open(8080), hidden(3000), open(8080)], 3000)
  expect(error).toMatchObject({ code: 'app_on_localhost_only' })
  expect(explainListeners([open(9464), open(9229), open(8080), open(8080)], 3000)).toMatchObject({
    message: 'The app listens on ports 8080 and 9464, not on 3000.',
    port: 8080,
  })
  expect(explainListeners([open(9229)], 3000)?.port).toBe(9229)
})

test('where an app listens as it should, or nowhere, nothing is wrong with its ports', () => {
  expect(explainListeners([open(3000), hidden(3000), open(9000)], 3000)).toBeUndefined()
  expect(explainListeners([], 3000)).toBeUndefined()
})

test('only on 127.0.0.1, on whatever port, is told as that', () => {
  expect(explainListeners([hidden(3000)], 3000)).toMatchObject({ code: 'app_on_localhost_only', port: undefined })
  expect(explainListeners([hidden(5000)], 3000)?.message).toContain('127.0.0.1:5000')
})

test('a slow start is told by what it has come to', () => {
  expect(sayListeners([], 3000)).toBe('nothing listens on port 3000 yet')
  expect(sayListeners([open(9000)], 3000)).toBe('nothing listens on port 3000 yet, but on port 9000')
  expect(sayListeners([hidden(3000)], 3000)).toBe('it listens on 127.0.0.1:3000 only')
  expect(sayListeners([open(3000)], 3000)).toBe('port 3000 takes connections, and answers nothing yet')
})
