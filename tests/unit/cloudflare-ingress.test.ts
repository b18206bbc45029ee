import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  hasRoute,
  type IngressRule,
  routeMark,
  routesOf,
  shadowOf,
  type TunnelConfig,
  withoutRoute,
  withRoute,
} from '../../server/adapters/cloudflare-ingress.ts'

const service = 'http://127.0.0.1:8080'
const route = (hostname: string, deployment = 'd1') => ({ hostname, service, mark: routeMark('test', deployment) })
const catchAll: IngressRule = { service: 'http_status:404' }
const hostnames = (config: TunnelConfig) => config.ingress?.map((rule) => rule.hostname ?? '(all)')

describe('where a route goes', () => {
  test('into an empty configuration, with a catch-all behind it', () => {
    const config = withRoute({}, route('app.example.com'))
    expect(config.ingress).toEqual([
      { hostname: 'app.example.com', service, originRequest: { originServerName: 'slipway.test.d1' } },
      catchAll,
    ])
  })

  test.each([
    ['no hostname', { service: 'http_status:418' }],
    ['an empty hostname', { hostname: '', service: 'http_status:418' }],
    ['a star', { hostname: '*', service: 'http_status:418' }],
  ])('before a catch-all with %s, which stays as it is', (_name, last) => {
    const config = withRoute({ ingress: [last] }, route('app.example.com'))
    expect(config.ingress).toHaveLength(2)
    expect(config.ingress?.[1]).toBe(last)
  })

  test.each(['*.example.com', '*.EXAMPLE.com', '*.com'])(
    'before the foreign wildcard %s, without moving it among the others',
    (wildcard) => {
      const ingress = [
        { hostname: 'a.example.org', service: 'http://a' },
        { hostname: wildcard, service: 'http://b' },
        { hostname: 'c.example.org', service: 'http://c' },
        catchAll,
      ]
      expect(hostnames(withRoute({ ingress }, route('app.example.com')))).toEqual([
        'a.example.org',
        'app.example.com',
        wildcard,
        'c.example.org',
        '(all)',
      ])
    },
  )

  test('before a rule that takes one path of every host', () => {
    const ingress = [{ hostname: '', path: '^/metrics', service: 'http://a' }, catchAll]
    expect(hostnames(withRoute({ ingress }, route('app.example.com')))).toEqual(['app.example.com', '', '(all)'])
  })

  test('not before a wildcard that does not cover it', () => {
    const ingress = [{ hostname: '*.app.example.com', service: 'http://a' }, catchAll]
    expect(hostnames(withRoute({ ingress }, route('app.example.com')))).toEqual([
      '*.app.example.com',
      'app.example.com',
      '(all)',
    ])
  })
})

describe('a route that is there', () => {
  test('is left alone, as the same object', () => {
    const config = withRoute({ ingress: [catchAll] }, route('app.example.com'))
    expect(withRoute(config, route('APP.example.com'))).toBe(config)
  })

  test('moves up when somebody put a wildcard above it', () => {
    const { ingress = [] } = withRoute({ ingress: [catchAll] }, route('app.example.com'))
    const shadowed = { ingress: [{ hostname: '*.example.com', service: 'http://a' }, ...ingress] }
    expect(shadowOf(shadowed, 'app.example.com')?.hostname).toBe('*.example.com')
    const repaired = withRoute(shadowed, route('app.example.com'))
    expect(hostnames(repaired)).toEqual(['app.example.com', '*.example.com', '(all)'])
    expect(shadowOf(repaired, 'app.example.com')).toBeUndefined()
  })

  test('is corrected in place, and keeps the settings that somebody made on it', () => {
    const mark = routeMark('test', 'd1')
    const old = {
      hostname: 'app.example.com',
      path: '/x',
      service: 'http://127.0.0.1:80',
      originRequest: { originServerName: mark, connectTimeout: 3 },
    }
    const config = withRoute({ ingress: [old, catchAll] }, route('app.example.com'))
    expect(config.ingress).toEqual([
      { hostname: 'app.example.com', service, originRequest: { originServerName: mark, connectTimeout: 3 } },
      catchAll,
    ])
  })

  test('is left once when it was there twice', () => {
    const { ingress = [] } = withRoute({ ingress: [catchAll] }, route('app.example.com'))
    const doubled = { ingress: [...ingress.slice(0, 1), ...ingress] }
    expect(hostnames(withRoute(doubled, route('app.example.com')))).toEqual(['app.example.com', '(all)'])
    expect(hostnames(withoutRoute(doubled, route('app.example.com')))).toEqual(['(all)'])
  })
})

describe('whose a route is', () => {
  test.each([
    ['without a mark', { hostname: 'App.Example.com', service }],
    ['for one path only', { hostname: 'app.example.com', path: '/api', service }],
    ['of another deployment', withRoute({}, route('app.example.com', 'd2')).ingress?.[0] ?? catchAll],
    [
      'of another instance',
      { hostname: 'app.example.com', service, originRequest: { originServerName: routeMark('other', 'd1') } },
    ],
  ])('a rule %s is refused, not reported as ours, and not removed', (_name, rule) => {
    const config = { ingress: [rule, catchAll] }
    expect(() => withRoute(config, route('app.example.com'))).toThrow(
      expect.objectContaining({ code: 'tunnel_route_foreign', message: expect.stringContaining(rule.service) }),
    )
    expect(hasRoute(config, route('app.example.com'))).toBe(false)
    expect(withoutRoute(config, route('app.example.com'))).toBe(config)
  })

  test('an instance whose name begins like ours is somebody else', () => {
    const { ingress = [] } = withRoute({}, { hostname: 'a.example.com', service, mark: routeMark('test-2', 'd1') })
    expect(routesOf({ ingress }, 'test')).toEqual([])
    expect(routesOf({ ingress }, 'test-2')).toEqual([{ hostname: 'a.example.com', service, deploymentId: 'd1' }])
  })
})

const anyRule = fc.record(
  {
    hostname: fc.constantFrom('a.example.com', '*.example.com', 'x.other.org', '*.other.org', 'B.Example.com'),
    service: fc.constantFrom('http://1', 'https://2', 'ssh://3'),
    path: fc.constantFrom('', '^/p'),
    originRequest: fc.dictionary(fc.constantFrom('noTLSVerify', 'originServerName', 'zzz'), fc.jsonValue()),
    extra: fc.jsonValue(),
  },
  { requiredKeys: ['hostname', 'service'] },
)

test('adding and removing any of our hostnames in any order leaves every foreign rule and setting as it was', () => {
  const change = fc.record({ add: fc.boolean(), name: fc.constantFrom('one', 'two', 'three') })
  fc.assert(
    fc.property(fc.array(anyRule), fc.jsonValue(), fc.array(change), (rules, more, changes) => {
      const before: TunnelConfig = { 'warp-routing': more, ingress: [...rules, catchAll], originRequest: more }
      const text = JSON.stringify(before)
      let config = before
      const present = new Set<string>()
      for (const { add, name } of changes) {
        const wanted = route(`${name}.example.com`)
        config = add ? withRoute(config, wanted) : withoutRoute(config, wanted)
        if (add) present.add(wanted.hostname)
        else present.delete(wanted.hostname)
      }
      expect(new Set(routesOf(config, 'test').map((ours) => ours.hostname))).toEqual(present)
      for (const hostname of present) expect(shadowOf(config, hostname)).toBeUndefined()
      expect(JSON.stringify(before)).toBe(text)
      for (const hostname of present) config = withoutRoute(config, route(hostname))
      expect(JSON.stringify(config)).toBe(text)
    }),
  )
})
