import { expect, test } from 'vitest'
import { makeManifest } from '../../server/adapters/github-manifest.ts'

test('an App that GitHub could not reach has no webhook: GitHub would refuse to make it', () => {
  const manifest = makeManifest('http://192.168.1.7:2999', false)
  expect(manifest).not.toHaveProperty('hook_attributes')
  expect(manifest).not.toHaveProperty('default_events')
})

test('an App of a public address hears of pushes and pull requests', () => {
  expect(makeManifest('https://slipway.example.com', true)).toMatchObject({
    name: 'slipway-slipway-example-com',
    redirect_url: 'https://slipway.example.com/api/github/app/callback',
    hook_attributes: { url: 'https://slipway.example.com/api/webhooks/github', active: true },
    default_events: ['push', 'pull_request'],
  })
})

test('its name fits, whatever the address', () => {
  const { name } = makeManifest(`https://${'long-name.'.repeat(12)}example.com`, true)
  expect(name.length).toBeLessThanOrEqual(34)
})
