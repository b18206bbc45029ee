import { expect, test } from 'vitest'
import { problemOfReach } from '../../server/deploy/reach.ts'

const COM = 'https://api.github.com'
const OWN = 'https://git.acme.com/api/v3'

test.each<[boolean, string, string]>([
  [true, 'https://deploy.example.com', COM],
  [true, 'http://203.0.113.7:2999', COM],
  [false, 'http://127.0.0.1:2999', COM],
  [false, 'http://localhost:2999', COM],
  [false, 'http://slipway.localhost', COM],
  [false, 'http://[::1]:2999', COM],
  [false, 'http://192.168.1.5:2999', COM],
  [false, 'http://10.0.0.1', COM],
  [false, 'http://100.100.1.1', COM],
  [false, 'http://[fd00::1]', COM],
  [false, 'http://vm', COM],
  [false, 'http://vm.local', COM],
  [true, 'http://192.168.1.5:2999', OWN],
  [true, 'http://vm.lan', OWN],
  [false, 'http://127.0.0.1:2999', OWN],
  [true, 'http://127.0.0.1:2999', 'http://127.0.0.1:4000/api/v3'],
])('that webhooks arrive is %s: at %s, from %s', (arrives, publicUrl, githubApiUrl) => {
  expect(problemOfReach({ publicUrl, githubApiUrl }) === undefined).toBe(arrives)
})
