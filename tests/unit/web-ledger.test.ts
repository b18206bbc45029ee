import { expect, test } from 'vitest'
import { count, splitKept } from '../../web/src/deployments/ledger.ts'

test('what a delete left is told apart: volumes here, and what is left at GitHub; each once', () => {
  const of = (kind: string, name: string, kept?: true) => ({ kind, name, ...(kept && { kept }) })
  const { volumes, atGithub } = splitKept([
    of('volume', 'data', true),
    of('volume', 'data', true),
    of('webhook', 'acme/app → 1', true),
    of('deploy-key', 'slipway:x:1', true),
    of('webhook', 'acme/app → 1', true),
    of('container', 'app-1'),
  ])
  expect([count(volumes), count(atGithub)]).toEqual(['1 volume', '1 webhook, 1 deploy key'])
})
