import { describe, expect, test } from 'vitest'
import { cacheRules } from '../../../templates/static/cache-rules.ts'
import { nginxConf } from '../../../templates/static/nginx.ts'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const HASHED =
  '<!doctype html><body><div id="app"></div><script type="module" src="/assets/index-BxY1_-zK.js"></script></body>'
const confOf = async (tree: Tree) => (await recipeFor(tree)).extraFiles?.['nginx.conf'] ?? ''
const isSpa = async (tree: Tree) => (await recipeFor(tree)).framework === 'Static site (single-page app)'
const copied = async (tree: Tree, wishes = {}) =>
  /^COPY .* src\/(\S*) \/srv$/m.exec((await recipeFor(tree, wishes)).dockerfile ?? '')?.[1]

describe('which folder is served', () => {
  test.each(['public', 'dist', 'build', 'out', '_site', 'site', 'www', 'html', 'docs', 'src'])(
    '%s, where the page lies',
    async (folder) => {
      expect(await copied({ [`${folder}/index.html`]: '' })).toBe(folder)
    },
  )

  test('the top before all others, and it is said that there is another', async () => {
    const tree = { 'index.html': '', 'docs/index.html': '' }
    expect(await copied(tree)).toBe('')
    expect((await choose(tree)).notes.join()).toMatch(/the top is served.*docs/)
  })

  test('what was built, where the page at the top is a source of it', async () => {
    const source = '<script type="module" src="/src/main.tsx"></script>'
    expect(await copied({ 'index.html': source, 'dist/index.html': HASHED })).toBe('dist')
    await expect(recipeFor({ 'index.html': source })).rejects.toMatchObject({ code: 'no_template' })
  })

  test('the one that is asked for, of any name', async () => {
    const tree = { 'index.html': '', 'web/de/index.html': '' }
    expect(await copied(tree, { overrides: { outputDir: 'web/de' } })).toBe('web/de')
  })

  test('a folder of another name is found when it is the only one', async () => {
    expect(await copied({ 'README.md': '', 'landing/index.html': '' })).toBe('')
    expect(await recipeFor({ 'landing/index.html': '' })).toMatchObject({ contextFolder: 'landing' })
  })

  test('a page beside a server is not the app', async () => {
    expect(
      await recipeFor({ 'index.html': '', 'package.json': { scripts: { start: 'node server.js' } } }),
    ).toMatchObject({ template: 'node' })
  })
})

describe('a single-page app', () => {
  test('is one page that a bundler wrote, with nothing in it', async () => {
    expect(await isSpa({ 'dist/index.html': HASHED, 'dist/assets/index-BxY1_-zK.js': '' })).toBe(true)
    expect(
      await isSpa({
        'build/index.html':
          '<body><noscript>Turn it on.</noscript><div id="root"></div><script defer src="/static/js/main.8f3a2b1c.js"></script></body>',
      }),
    ).toBe(true)
    expect(
      await isSpa({
        'index.html': '<body><app-root></app-root><script src="main-ABC12DEF.js" type="module"></script></body>',
      }),
    ).toBe(true)
  })

  test.each([
    ['a page with text', { 'index.html': '<body><h1>Hello</h1></body>' }],
    ['a page with a script of its own', { 'index.html': '<body><script src="app.js"></script></body>' }],
    [
      'a page with a library from elsewhere',
      { 'index.html': '<body><script src="https://cdn.example.com/lib-12345678.js"></script></body>' },
    ],
    ['a bundle whose page has text', { 'index.html': HASHED.replace('<div', '<h1>Shop</h1><div') }],
    ['a bundle with a second page', { 'index.html': HASHED, 'about.html': '' }],
    ['a bundle with a page for what is missing', { 'index.html': HASHED, '404.html': '' }],
    [
      'a page that redirects single addresses',
      { 'index.html': '<p>x</p>', _redirects: '/old /new 301\n/api/* https://api.example.com/:splat 200\n' },
    ],
  ])('is not: %s', async (_what, tree) => {
    expect(await isSpa(tree as unknown as Tree)).toBe(false)
  })

  test('is what says so: by 200.html, or in Netlify’s _redirects', async () => {
    expect(await isSpa({ 'index.html': '<h1>Hi</h1>', '200.html': '' })).toBe(true)
    expect(
      await isSpa({ 'index.html': '<h1>Hi</h1>', 'about.html': '', _redirects: '# all\n/*    /index.html   200\n' }),
    ).toBe(true)
  })
})

describe('what is said about files of Netlify', () => {
  test('they are not read, beyond the one line', async () => {
    const { notes } = await choose({ 'index.html': '', _headers: '/*\n  X-A: b', _redirects: '' })
    expect(notes.join()).toMatch(/_headers and _redirects/)
  })
})

describe('the configuration of nginx', () => {
  test('serves a plain site with its 404.html, and a single-page app with its page', async () => {
    const plain = await confOf({ 'index.html': '<h1>Hello</h1>' })
    expect(plain).toContain('error_page 404 /404.html;')
    expect(plain).toContain('try_files $uri $uri.html =404;')
    const spa = await confOf({ 'index.html': HASHED })
    expect(spa).not.toContain('error_page')
    expect(spa).toContain('try_files $uri $uri.html /200.html /__spa-fallback.html /_shell.html /index.html;')
  })

  test('keeps folders of hashed names only where every name has one', async () => {
    const files = { 'index.html': HASHED, 'assets/index-BxY1_-zK.js': '' }
    expect(await confOf(files)).toContain('/assets/.')
    expect(await confOf({ ...files, 'assets/logo.png': '' })).not.toContain('/assets/.')
  })

  test.each(['/x;y', '/a b', '/..', '/$host', '/a"b', '/{}', '/a\nb'])(
    'takes no base that is more than a path: %j',
    (base) => {
      expect(() => nginxConf({ folder: '', fallback: '404', base })).toThrow(/does not serve/)
      expect(() => nginxConf({ folder: '', fallback: 'spa', page: base.slice(1) })).toThrow(/does not serve/)
      expect(() => nginxConf({ folder: '', fallback: '404', immutable: [base.slice(1)] })).toThrow(/does not serve/)
    },
  )

  test('is this, for a site below a folder', async () => {
    const conf = nginxConf({ folder: 'dist', fallback: 'spa', base: '/repo/', immutable: ['assets'] })
    await expect(conf).toMatchFileSnapshot('snapshots/static-nginx.conf')
  })
})

describe('files kept for a year', () => {
  const keeps = (path: string, status = 200) =>
    cacheRules('', ['assets']).some((rule) => new RegExp(rule).test(`${status} ${path}`))

  test.each([
    '/assets/index-BxYzAbCd.js',
    '/_astro/page.css',
    '/_next/static/chunks/main.js',
    '/_app/immutable/entry/start.js',
    '/_nuxt/entry.js',
    '/static/js/main.8f3a2b1c.js',
    '/static/js/787.8f3a2b1c.chunk.js',
    '/js/app.1c0b9a3d.js',
    '/app-5f1b4f8e0e4d2c3b1a00.js',
    '/main-ABC12DEF.js',
    '/chunk-K7Q2ZZ4X.js',
    '/img/logo.0f1e2d3c.svg',
  ])('%s', (path) => {
    expect(keeps(path)).toBe(true)
    expect(keeps(path, 304)).toBe(true)
    expect(keeps(path, 404)).toBe(false)
  })

  test.each([
    '/',
    '/index.html',
    '/app.js',
    '/sw.js',
    '/img/photo-20240102.jpg',
    '/img/photo.20240102.jpg',
    '/bootstrap-datepicker.js',
    '/jquery-facade.js',
    '/news/deadbeef',
    '/report-8f3a2b1c.html',
    '/_nuxt/builds/latest.json',
    '/manifest.webmanifest',
    '/LICENSE-APACHE20.txt',
  ])('not %s', (path) => expect(keeps(path)).toBe(false))
})
