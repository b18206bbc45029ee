import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createNginx, type NginxOptions, type Vhost } from '../../server/adapters/nginx.ts'
import { renderVhost } from '../../server/adapters/nginx-changes.ts'
import type { Setup } from '../../server/adapters/nginx-engine.ts'
import {
  checkHostname,
  checkSubdomain,
  checkVhost,
  markLine,
  readMark,
  variablePrefixOf,
} from '../../server/adapters/nginx-names.ts'
import { createRender, readPages } from '../../server/adapters/nginx-render.ts'

const passes = (check: () => void) => {
  try {
    check()
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_input' })
    return false
  }
}
const vhostOf = (part: Partial<Vhost>): Vhost => ({
  subdomain: 'app',
  hostname: 'app.example.com',
  deploymentId: '11111111-1111-4111-8111-111111111111',
  release: 1,
  target: { kind: 'app', port: 3000 },
  ...part,
})

describe('the allow-list', () => {
  test.each(['a', '0', 'a-b', 'a--b', 'a'.repeat(63), 'x1'])('lets the subdomain %j through', (name) => {
    expect(passes(() => checkSubdomain(name))).toBe(true)
  })

  test.each([
    '',
    '-a',
    'a-',
    'a'.repeat(64),
    'a.b',
    'A',
    'ä',
    'a_b',
    'a\n',
    '\na',
    'a\0',
    'a b',
    '..',
    '*',
    '$a',
    'a;',
  ])('refuses the subdomain %j', (name) => {
    expect(passes(() => checkSubdomain(name))).toBe(false)
  })

  test.each(['localhost', 'a.b.c', `${'a'.repeat(63)}.${'b'.repeat(63)}.com`])('lets the host %j through', (name) => {
    expect(passes(() => checkHostname(name))).toBe(true)
  })

  test.each(['', '.', 'a.', '.a', 'a..b', 'a.-b', '*.a', 'a:80', 'a/b', '~^a', `${'a.'.repeat(127)}aa`])(
    'refuses the host %j',
    (name) => {
      expect(passes(() => checkHostname(name))).toBe(false)
    },
  )

  test.each([Number.NaN, 0, -1, 1.5, 65_536, Number.POSITIVE_INFINITY, '80', null, [80]])(
    'refuses the port %j',
    (port) => {
      expect(passes(() => checkVhost(vhostOf({ target: { kind: 'app', port: port as number } })))).toBe(false)
    },
  )

  const hostile = fc.stringMatching(/^[a-z0-9.;{}$"'\\#\s\0~*/()|-]{1,80}$/)
  test('lets no character through that means something to nginx', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), hostile), (text) => {
        for (const check of [checkSubdomain, checkHostname]) {
          if (passes(() => check(text)))
            expect([...text].every((char) => 'abcdefghijklmnopqrstuvwxyz0123456789-.'.includes(char))).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('what it lets through cannot change the shape of a vhost', async () => {
    const render = createRender()
    const values = {
      mode: 'system',
      instance: 'slipway',
      v: variablePrefixOf('slipway'),
      statusHost: 'x',
      holdFolder: '/x',
      listens: ['8080'],
      trustCloudflare: false,
      maxBodyMb: 1,
      readTimeoutSeconds: 1,
    }
    const setup = { instance: 'slipway', render, values } as unknown as Setup
    const shapeOf = (text: string) => text.replace(/[a-z0-9.-]+/g, 'x').replace(/x\w*/g, 'x')
    const usual = shapeOf(await renderVhost(setup, vhostOf({})))
    const label = fc.stringMatching(/^[a-z0-9-]{1,20}$/)
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(label, hostile),
        fc.oneof(label, hostile),
        fc.integer(),
        async (subdomain, hostname, port) => {
          const vhost = vhostOf({ subdomain, hostname, target: { kind: 'app', port } })
          if (passes(() => checkVhost(vhost))) expect(shapeOf(await renderVhost(setup, vhost))).toBe(usual)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('the mark', () => {
  test('is read back as it was written', () => {
    const mark = { instance: 'my-slipway', deploymentId: randomUUID(), release: 12 }
    expect(markLine(mark)).toBe(`# slipway:my-slipway:${mark.deploymentId} release 12`)
    expect(readMark(`${markLine(mark)}\nserver {}\n`)).toEqual(mark)
  })

  test.each([
    '',
    'server {}\n',
    '# slipway:slipway\n',
    `\n${markLine({ instance: 'a', deploymentId: randomUUID(), release: 1 })}\n`,
  ])('is not seen in %j', (text) => {
    expect(readMark(text)).toBeUndefined()
  })
})

test('an undefined value stops a rendering', async () => {
  await expect(createRender()('vhost.conf.njk', {})).rejects.toThrow()
})

test('every page stands by itself: nothing from elsewhere, light and dark, small enough for nginx', async () => {
  const pages = await readPages()
  expect(pages.map(({ variable }) => variable)).toEqual(['deploying', 'not_answering', 'stopped', 'unknown_host'])
  for (const { text } of pages) {
    expect(text).not.toMatch(/https?:|src=|url\(|<link|<script|@import/)
    expect(text).toContain('color-scheme: light dark')
  }
})

test('settings that could not stand in a configuration are refused at once', () => {
  const settings: NginxOptions = {
    mode: 'managed',
    bin: 'nginx',
    dir: '/srv/Ünder score/nginx',
    vhostsDir: '/srv/vhosts',
    httpPort: 8080,
    instance: 'slipway',
  }
  expect(() => createNginx(settings)).not.toThrow()
  for (const part of [
    { dir: '/a"b' },
    { dir: '/a$b' },
    { dir: 'relative' },
    { vhostsDir: '/a*' },
    { dir: '/srv/vhosts/' },
  ]) {
    expect(
      passes(() => createNginx({ ...settings, ...part })),
      JSON.stringify(part),
    ).toBe(false)
  }
})
