import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWorld, type World } from '../support/world.ts'

const LONG = 'x'.repeat(5000)
const PLAIN = {
  'index.html': '<h1>Front</h1>',
  '404.html': '<h1>Not here</h1>',
  'contact.html': '<h1>Contact</h1>',
  'about/index.html': '<h1>About</h1>',
  'assets/app.8f3a2b1c.js': `/* ${LONG} */`,
  'app.js': `/* ${LONG} */`,
  'module.mjs': 'export default 1',
  'site.webmanifest': '{}',
  'logo.svg': `<svg><!-- ${LONG} --></svg>`,
  'ready.txt': 'plain',
  'ready.txt.gz': 'pressed',
  '.htpasswd': 'secret',
  'about/.hidden': 'secret',
  'slipway.json': '{"env":{"GREETING":"Hello"}}',
  '.well-known/security.txt': 'Contact: mailto:a@example.com',
  '.well-known/apple-app-site-association': '{}',
}
const SPA = {
  'dist/index.html': '<body><div id="app"></div><script type="module" src="/assets/index-BxY1zKpQ.js"></script></body>',
  'dist/assets/index-BxY1zKpQ.js': 'document.body.textContent = "Hi"',
}

let world: World
beforeAll(async () => {
  world = await createWorld()
  for (const [name, files] of Object.entries({ plain: PLAIN, spa: SPA })) {
    const repository = await world.git.makeRepository('acme', name)
    await repository.commit(files, 'First')
    expect(await world.deploy({ githubUrl: repository.url, subdomain: name })).toMatchObject({ status: 'running' })
  }
})
afterAll(() => world.destroy())

describe('a plain site', () => {
  const ask = (path: string, headers = {}) => world.ask('plain.localhost', path, headers)

  test.each([
    ['/', 'Front'],
    ['/contact', 'Contact'],
    ['/contact.html', 'Contact'],
    ['/about/', 'About'],
  ])('answers %s by a page that is asked for anew', async (path, text) => {
    expect(await ask(path)).toMatchObject({
      status: 200,
      text: `<h1>${text}</h1>`,
      headers: { 'cache-control': 'no-cache', 'content-type': 'text/html; charset=utf-8' },
    })
  })

  test('leads from a folder’s name into the folder, and never away from the site', async () => {
    expect(await ask('/about')).toMatchObject({ status: 301, headers: { location: '/about/' } })
    expect((await ask('//example.com/about')).headers.location).toBeUndefined()
    expect((await ask('/%0d%0aX-Evil:%201/about')).headers['x-evil']).toBeUndefined()
  })

  test.each(['/nothing', '/about/nothing', '/assets/app.00000000.js', '/assets/'])(
    'answers %s by its page for what is missing, which is not kept',
    async (path) => {
      expect(await ask(path)).toMatchObject({
        status: 404,
        text: '<h1>Not here</h1>',
        headers: { 'cache-control': 'no-cache' },
      })
    },
  )

  test.each([
    '/.htpasswd',
    '/about/.hidden',
    '/.git/config',
    '/.git/HEAD',
    '/%2ehtpasswd',
    '/about/../.htpasswd',
    '/slipway.json',
  ])('keeps %s to itself', async (path) => expect((await ask(path)).status).toBe(404))

  test('shows what others look for below .well-known', async () => {
    expect(await ask('/.well-known/security.txt')).toMatchObject({
      status: 200,
      text: PLAIN['.well-known/security.txt'],
    })
    expect((await ask('/.well-known/apple-app-site-association')).headers['content-type']).toBe('application/json')
  })

  test('lets browsers keep a file for a year whose name has a hash', async () => {
    expect((await ask('/assets/app.8f3a2b1c.js')).headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect((await ask('/app.js')).headers['cache-control']).toBe('no-cache')
  })

  test('says that nothing changed, and sends a part', async () => {
    const { etag = '' } = (await ask('/app.js')).headers
    expect((await ask('/app.js', { 'if-none-match': etag })).status).toBe(304)
    expect(await ask('/app.js', { range: 'bytes=0-4' })).toMatchObject({ status: 206, text: '/* xx' })
  })

  test('sends texts compressed to whom it suits, and files that lie there compressed', async () => {
    const encoding = async (path: string) =>
      (await ask(path, { 'accept-encoding': 'gzip' })).headers['content-encoding']
    expect(await encoding('/app.js')).toBe('gzip')
    expect(await encoding('/logo.svg')).toBe('gzip')
    expect(await ask('/ready.txt', { 'accept-encoding': 'gzip' })).toMatchObject({ text: 'pressed' })
    expect(await ask('/ready.txt')).toMatchObject({ text: 'plain' })
  })

  test('names the kinds of files that browsers insist on', async () => {
    expect((await ask('/module.mjs')).headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect((await ask('/site.webmanifest')).headers['content-type']).toBe('application/manifest+json')
    expect((await ask('/logo.svg')).headers['content-type']).toBe('image/svg+xml')
  })
})

describe('a single-page app', () => {
  const ask = (path: string) => world.ask('spa.localhost', path)

  test.each(['/', '/users/7', '/users/john.doe', '/deep/down/'])('answers %s by its page', async (path) => {
    expect(await ask(path)).toMatchObject({
      status: 200,
      text: SPA['dist/index.html'],
      headers: { 'cache-control': 'no-cache' },
    })
  })

  test.each(['/assets/index-00000000.js', '/robots.txt', '/favicon.ico', '/.env'])(
    'does not answer %s by its page',
    async (path) => expect((await ask(path)).status).toBe(404),
  )

  test('keeps its scripts for a year', async () => {
    expect((await ask('/assets/index-BxY1zKpQ.js')).headers['cache-control']).toMatch(/immutable/)
  })
})
