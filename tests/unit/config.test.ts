import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError, loadConfig, readEnvironment } from '../../server/config.ts'
import { makeFolder } from '../support/temp-folder.ts'

const problemsOf = (environment: Record<string, string>): string[] => {
  try {
    loadConfig(environment, '/srv/slipway')
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('a configuration', () => {
  test('that says nothing gets the documented defaults, and cannot be changed', () => {
    const config = loadConfig({}, '/srv/slipway')
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 2999,
      dataDir: '/srv/slipway/data',
      instance: 'slipway',
      domain: 'localhost',
      publicUrl: 'http://127.0.0.1:2999',
      portRange: { from: 3000, to: 9999 },
      nginx: 'managed',
      httpPort: 8080,
      cloudflare: undefined,
      buildConcurrency: 1,
      appMemoryMb: 512,
    })
    expect(Object.isFrozen(config)).toBe(true)
  })

  test('with many mistakes tells all of them at once, each with its name', () => {
    const wrong = {
      SLIPWAY_PORT: '70000',
      SLIPWAY_INSTANCE: 'My Instance',
      SLIPWAY_DOMAIN: 'https://example.com',
      SLIPWAY_PUBLIC_URL: 'ftp://example.com',
      SLIPWAY_ADMIN_PASSWORD: 'short',
      SLIPWAY_SECRET_KEY: 'c2hvcnQ=',
      SLIPWAY_PORT_RANGE: '9999-3000',
      SLIPWAY_NGINX: 'apache',
      DOCKER_HOST: '/var/run/docker.sock',
      SLIPWAY_APP_CPUS: 'many',
      SLIPWAY_BUILD_CONCURRENCY: '1.5',
      SLIPWAY_LOG_LEVEL: 'loud',
      CLOUDFLARE_API_TOKEN: 'a token without its zone',
    }
    const problems = problemsOf(wrong)
    for (const name of Object.keys(wrong).filter((it) => it !== 'CLOUDFLARE_API_TOKEN'))
      expect(problems.filter((problem) => problem.startsWith(`${name} `))).toHaveLength(1)
    expect(problems.filter((it) => it.startsWith('CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_ZONE_ID missing'))).toHaveLength(
      1,
    )
    expect(problems).toHaveLength(Object.keys(wrong).length)
  })

  test('whose own port lies among the ports for apps, or is nginx’s, is refused', () => {
    expect(problemsOf({ SLIPWAY_PORT: '3500' })).toEqual([expect.stringContaining('SLIPWAY_PORT_RANGE')])
    expect(problemsOf({ SLIPWAY_PORT: '80', SLIPWAY_NGINX: 'system' })).toEqual([
      expect.stringContaining('SLIPWAY_HTTP_PORT'),
    ])
    expect(problemsOf({ SLIPWAY_PORT: '80', SLIPWAY_NGINX: 'off', SLIPWAY_HTTP_PORT: '80' })).toEqual([])
  })

  test('does not put a secret into a problem', () => {
    const problems = problemsOf({
      SLIPWAY_ADMIN_PASSWORD: 'pa55wrd',
      SLIPWAY_SECRET_KEY: 'bm90IGxvbmc=',
      CLOUDFLARE_API_TOKEN: 'cf-t0ken',
      SLIPWAY_GITHUB_TOKEN: 'gh-t0ken',
    }).join()
    expect(problems).not.toMatch(/pa55wrd|bm90IGxvbmc|t0ken/)
  })

  test('takes an empty setting for one that is not there', () => {
    expect(loadConfig({ SLIPWAY_DOMAIN: '', CLOUDFLARE_API_TOKEN: '' }, '/srv').domain).toBe('localhost')
  })

  test('switches the tunnel on when all three settings are there', () => {
    const ids = { CLOUDFLARE_ACCOUNT_ID: 'a'.repeat(32), CLOUDFLARE_ZONE_ID: 'b'.repeat(32) }
    expect(loadConfig({ CLOUDFLARE_API_TOKEN: 't', ...ids }, '/srv').cloudflare).toMatchObject({ apiToken: 't' })
    expect(problemsOf({ CLOUDFLARE_API_TOKEN: 't', ...ids, CLOUDFLARE_ZONE_ID: 'example.com' })).toHaveLength(1)
  })

  test('of the system’s nginx listens on 80 and writes where that reads', () => {
    expect(loadConfig({ SLIPWAY_NGINX: 'system' }, '/srv')).toMatchObject({
      httpPort: 80,
      nginxDir: '/etc/nginx/slipway.d',
    })
  })
})

test('the environment wins over .env', () => {
  const root = makeFolder()
  writeFileSync(path.join(root, '.env'), 'SLIPWAY_DOMAIN=file.example\nSLIPWAY_INSTANCE="from-file"\n')
  expect(readEnvironment(root, { SLIPWAY_DOMAIN: 'env.example' })).toMatchObject({
    SLIPWAY_DOMAIN: 'env.example',
    SLIPWAY_INSTANCE: 'from-file',
  })
})
