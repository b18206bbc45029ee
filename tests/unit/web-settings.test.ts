import { expect, test } from 'vitest'
import { describeBrowser } from '../../web/src/settings/browser.ts'
import { linesFor, sayGithub, sayReturn } from '../../web/src/settings/connections.ts'

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
    'Safari on macOS',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile Safari/604.1',
    'Chrome on iPhone',
  ],
  [
    'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36',
    'Chrome on Android',
  ],
  ['curl/8.9.1', 'curl'],
  ['node', 'node'],
  ['', 'A program that does not say its name'],
])('%s is %s', (userAgent, words) => {
  expect(describeBrowser(userAgent)).toBe(words)
})

test('the lines to copy hold what is missing, optional settings as comments', () => {
  const settings = [
    { name: 'CLOUDFLARE_API_TOKEN', isSet: true, isRequired: true },
    { name: 'CLOUDFLARE_ZONE_ID', isSet: false, isRequired: true },
    { name: 'CLOUDFLARE_TUNNEL_ID', isSet: false, isRequired: false },
  ]
  expect(linesFor({ name: 'cloudflare', isConfigured: false, url: '', settings })).toBe(
    'CLOUDFLARE_ZONE_ID=<the zone id>\n# CLOUDFLARE_TUNNEL_ID=<the id of a tunnel of your own>',
  )
})

test('how GitHub is connected is said by whatever speaks with it', () => {
  const connection = (github: { token: 'environment' | 'settings' | null; app: string | null }) =>
    sayGithub({ name: 'github', isConfigured: true, url: '', settings: [], github: { ...github, deployKeys: 0 } })
  expect(connection({ token: 'settings', app: null })).toBe('Connected by a token')
  expect(connection({ token: 'environment', app: 'slipway-acme' })).toBe(
    'Connected by the App slipway-acme and a token of the environment',
  )
})

test('what came of the way to GitHub and back is said by the word in the address, and nothing by any other word', () => {
  expect(sayReturn('connected')?.tone).toBe('ok')
  expect(sayReturn('expired')?.tone).toBe('warn')
  expect(sayReturn('github_denied')?.tone).toBe('bad')
  expect(sayReturn('github_unavailable')?.tone).toBe('bad')
  expect(sayReturn('')).toBeUndefined()
  expect(sayReturn('anything')).toBeUndefined()
})
