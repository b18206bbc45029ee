import { expect, test } from 'vitest'
import { parseListeners } from '../../server/deploy/steps/explain-silence.ts'

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
