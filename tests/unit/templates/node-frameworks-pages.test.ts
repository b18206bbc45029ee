import { describe, expect, test } from 'vitest'
import { frameworkOf } from '../../support/framework.ts'
import { choose } from '../../support/tree.ts'

const CRA = {
  dependencies: { react: '18', 'react-scripts': '5.0.1' },
  scripts: { start: 'react-scripts start', build: 'react-scripts build' },
}
const NG = { dependencies: { '@angular/core': '^22.0.0' }, scripts: { start: 'ng serve', build: 'ng build' } }
const BUILDER = '@angular/build:application'
const angularJson = (options: object, builder = BUILDER) => ({
  'angular.json': { projects: { shop: { projectType: 'application', architect: { build: { builder, options } } } } },
})

describe('Create React App and Vue CLI', () => {
  test('Create React App is a single-page app in build', async () => {
    const found = await frameworkOf(CRA)
    expect(found).toMatchObject({
      name: 'Create React App (single-page app)',
      build: 'npm run build',
      serve: { folder: 'build', fallback: 'spa' },
    })
    expect(found.notes?.[0]).toMatch(/react-scripts start.*developing/)
  })

  test('before version 5 it is built with the old OpenSSL', async () => {
    expect((await frameworkOf({ ...CRA, dependencies: { 'react-scripts': '^4.0.3' } })).build).toBe(
      'NODE_OPTIONS=--openssl-legacy-provider npm run build',
    )
  })

  test('lies where its homepage says', async () => {
    const at = async (homepage: string) => (await frameworkOf({ ...CRA, homepage } as typeof CRA)).serve?.base
    expect(await at('https://acme.github.io/shop')).toBe('/shop')
    expect(await at('.')).toBeUndefined()
    expect(await at('https://shop.example.com')).toBeUndefined()
  })

  test('with craco in its place is the same', async () => {
    const scripts = { start: 'craco start', build: 'craco build' }
    expect((await frameworkOf({ ...CRA, scripts })).serve?.folder).toBe('build')
  })

  test('with a server of its own that a Procfile starts, that runs', async () => {
    expect((await frameworkOf(CRA, { Procfile: 'web: node server/index.js' })).serve).toBeUndefined()
  })

  test('Vue CLI reads its folder and base', async () => {
    const vue = {
      dependencies: { vue: '2' },
      devDependencies: { '@vue/cli-service': '~4.5.0' },
      scripts: { serve: 'vue-cli-service serve', build: 'vue-cli-service build' },
    }
    const found = await frameworkOf(vue, {
      'vue.config.js': "module.exports = { outputDir: 'www', publicPath: '/shop/' }",
    })
    expect(found).toMatchObject({
      build: expect.stringContaining('--openssl-legacy-provider'),
      serve: { folder: 'www', base: '/shop', fallback: 'spa' },
    })
  })
})

describe('Angular', () => {
  test('writes its pages to a folder of its own', async () => {
    const found = await frameworkOf(NG, angularJson({ browser: 'src/main.ts' }))
    expect(found).toMatchObject({
      serve: { folder: 'dist/shop/browser', fallback: 'spa' },
      caches: ['.angular/cache'],
      build: 'npm run build',
    })
  })

  test.each([
    ['a text', 'out', BUILDER, 'out/browser'],
    ['an object', { base: 'out', browser: '' }, BUILDER, 'out'],
    ['of the old builder', 'dist/old', '@angular-devkit/build-angular:browser', 'dist/old'],
  ])('obeys outputPath: %s', async (_what, outputPath, builder, folder) => {
    expect((await frameworkOf(NG, angularJson({ outputPath }, builder))).serve?.folder).toBe(folder)
  })

  test('with a server runs it, and leaves the check of the host to the proxy', async () => {
    const options = { server: 'src/main.server.ts', outputMode: 'server', ssr: { entry: 'src/server.ts' } }
    const dependencies = { ...NG.dependencies, express: '^5.0.0' }
    const tree = { ...angularJson(options), 'src/server.ts': "import express from 'express'" }
    const found = await frameworkOf({ ...NG, dependencies }, tree)
    expect(found).toMatchObject({
      name: 'Angular (server)',
      start: 'node dist/shop/server/server.mjs',
      port: 4000,
      env: { NG_ALLOWED_HOSTS: '*' },
    })
    expect(found.notes?.[0]).toMatch(/ng serve/)
  })

  test('prerendered alone is a site', async () => {
    const found = await frameworkOf(NG, angularJson({ server: 'src/main.server.ts', outputMode: 'static', ssr: {} }))
    expect(found.serve).toMatchObject({ folder: 'dist/shop/browser', fallback: '404' })
  })

  test('with several apps is a question, until the build names one', async () => {
    const project = { projectType: 'application', architect: { build: { builder: BUILDER, options: {} } } }
    const tree = { 'angular.json': { projects: { shop: project, admin: project, lib: { projectType: 'library' } } } }
    await expect(frameworkOf(NG, tree)).rejects.toMatchObject({
      code: 'several_apps',
      message: expect.stringContaining('shop, admin'),
    })
    const scripts = { build: 'ng build admin --configuration production' }
    expect((await frameworkOf({ ...NG, scripts }, tree)).serve?.folder).toBe('dist/admin/browser')
  })
})

describe('generators of sites', () => {
  test.each([
    ['Gatsby', { gatsby: '5' }, { build: 'gatsby build', start: 'gatsby develop' }, {}, 'public'],
    ['Docusaurus', { '@docusaurus/core': '3' }, { build: 'docusaurus build', start: 'docusaurus start' }, {}, 'build'],
    ['Eleventy', { '@11ty/eleventy': '3' }, { start: 'npx @11ty/eleventy --serve' }, {}, '_site'],
    ['Hexo', { hexo: '8' }, { build: 'hexo generate', server: 'hexo server' }, { '_config.yml': 'title: x' }, 'public'],
    [
      'VitePress',
      { vitepress: '1' },
      { 'docs:build': 'vitepress build docs' },
      { 'docs/.vitepress/config.ts': '' },
      'docs/.vitepress/dist',
    ],
    ['VuePress', { vuepress: '2' }, { build: 'vuepress build src' }, {}, 'src/.vuepress/dist'],
  ])('%s', async (name, devDependencies, scripts, tree, folder) => {
    const found = await frameworkOf({ devDependencies, scripts }, tree)
    expect(found).toMatchObject({ name: `${name} (static)`, serve: { folder, fallback: '404' } })
    expect(found.start).toBeUndefined()
  })

  test('Docusaurus lies at its baseUrl', async () => {
    const docs = {
      dependencies: { '@docusaurus/core': '3' },
      scripts: { build: 'docusaurus build', serve: 'docusaurus serve' },
    }
    expect(
      (await frameworkOf(docs, { 'docusaurus.config.ts': "export default { baseUrl: '/handbook/' }" })).serve?.base,
    ).toBe('/handbook')
  })

  test('Eleventy reads where it writes', async () => {
    const package_ = { devDependencies: { '@11ty/eleventy': '3' } }
    expect(
      (
        await frameworkOf(package_, {
          'eleventy.config.js': "export default () => ({ dir: { input: 'src', output: 'out' } })",
        })
      ).serve?.folder,
    ).toBe('out')
    expect(
      (await frameworkOf(package_, { '.eleventy.js': "module.exports = (c) => { c.setOutputDirectory('web') }" })).serve
        ?.folder,
    ).toBe('web')
    expect((await frameworkOf({ ...package_, scripts: { build: 'eleventy --output=pages' } })).serve?.folder).toBe(
      'pages',
    )
  })

  test('documentation beside a server is not the app', async () => {
    const package_ = {
      dependencies: { express: '5' },
      devDependencies: { vitepress: '1' },
      scripts: { start: 'node index.js', 'docs:build': 'vitepress build docs' },
    }
    expect((await frameworkOf(package_)).name).toBe('Express')
  })
})

describe('other pages', () => {
  test('Parcel, webpack and Expo write to dist', async () => {
    expect(
      (
        await frameworkOf({
          devDependencies: { parcel: '2' },
          scripts: { build: 'parcel build src/index.html', start: 'parcel src/index.html' },
        })
      ).serve?.folder,
    ).toBe('dist')
    expect(
      (
        await frameworkOf({
          devDependencies: { webpack: '5', 'html-webpack-plugin': '5' },
          scripts: { build: 'webpack', start: 'webpack serve' },
        })
      ).serve?.folder,
    ).toBe('dist')
    expect(
      await frameworkOf({ dependencies: { expo: '58', 'react-native-web': '1' }, scripts: { start: 'expo start' } }),
    ).toMatchObject({ build: 'npx expo export --platform web', serve: { folder: 'dist' } })
  })

  test('a start script that serves a folder names the folder', async () => {
    const of = async (start: string) =>
      (await frameworkOf({ scripts: { build: 'rollup -c', start } }, { 'public/index.html': '' })).serve
    expect(await of('sirv public --single')).toMatchObject({ folder: 'public', fallback: 'spa' })
    expect(await of('npx http-server ./www -p 8080 -c-1')).toMatchObject({ folder: 'www', fallback: '404' })
    expect(await of('serve')).toMatchObject({ folder: 'public' })
  })

  test('a page whose styles are built is served with them', async () => {
    const found = await frameworkOf(
      { devDependencies: { tailwindcss: '4' }, scripts: { build: 'tailwindcss -i in.css -o style.css' } },
      { 'index.html': '' },
    )
    expect(found).toMatchObject({ build: 'npm run build', serve: { folder: '', fallback: '404' } })
  })

  test('a build that nobody knows is a site where the output folder is named', async () => {
    const package_ = { scripts: { build: 'node make.js' } }
    expect((await frameworkOf(package_)).serve).toBeUndefined()
    expect((await frameworkOf(package_, {}, { settings: { outputDir: 'made' } })).serve?.folder).toBe('made')
  })
})

describe('servers', () => {
  const nest = {
    dependencies: { '@nestjs/core': '12', '@nestjs/platform-express': '12' },
    scripts: { build: 'nest build', start: 'nest start', 'start:prod': 'node dist/main' },
  }

  test('Nest runs what it built', async () => {
    expect(await frameworkOf(nest)).toMatchObject({
      name: 'NestJS',
      build: 'npm run build',
      start: 'npm run start:prod',
    })
    expect((await frameworkOf({ ...nest, scripts: { start: 'nest start' } })).start).toBe('node dist/main')
    expect((await frameworkOf({ ...nest, scripts: { start: 'nest start --watch' } })).notes?.[0]).toMatch(/developing/)
  })

  test('a monorepo of Nest runs the app it names first', async () => {
    const tree = { 'nest-cli.json': { monorepo: true, root: 'apps/api' } }
    expect((await frameworkOf({ ...nest, scripts: { build: 'nest build' } }, tree)).start).toBe(
      'node dist/apps/api/main',
    )
  })

  test('AdonisJS runs from its build', async () => {
    const adonis = {
      dependencies: { '@adonisjs/core': '7' },
      scripts: { build: 'node ace build', start: 'node bin/server.js' },
    }
    expect(await frameworkOf(adonis)).toMatchObject({
      name: 'AdonisJS',
      start: 'cd build && node bin/server.js',
      env: { HOST: '0.0.0.0' },
    })
  })

  test.each([
    ['Express', { express: '5' }],
    ['Fastify', { fastify: '5' }],
    ['Koa', { koa: '3' }],
    ['Hono', { hono: '4', '@hono/node-server': '2' }],
  ])('%s starts as it says', async (name, dependencies) => {
    const found = await frameworkOf({ dependencies, scripts: { start: 'node server.js' } })
    expect(found).toMatchObject({ name })
    expect(found.start).toBeUndefined()
  })

  test('the CLI of Fastify is told to listen to all', async () => {
    const package_ = {
      dependencies: { fastify: '5', 'fastify-cli': '8' },
      scripts: { start: 'fastify start -l info app.js' },
    }
    expect((await frameworkOf(package_)).env).toEqual({ FASTIFY_ADDRESS: '0.0.0.0' })
  })

  test('Hono for Workers is a question', async () => {
    await expect(
      frameworkOf({
        dependencies: { hono: '4' },
        devDependencies: { wrangler: '4' },
        scripts: { dev: 'wrangler dev' },
      }),
    ).rejects.toMatchObject({ code: 'no_start_command' })
  })

  test('a port that the start script fixes is known', async () => {
    expect(
      (await frameworkOf({ dependencies: { express: '5' }, scripts: { start: 'PORT=4123 node server.js' } })).port,
    ).toBe(4123)
  })

  test('a script for production is the start where `start` is for developing', async () => {
    const scripts = { start: 'react-scripts start', build: 'react-scripts build', 'start:prod': 'node server.js' }
    const found = await frameworkOf({ ...CRA, scripts })
    expect(found).toMatchObject({ name: 'Create React App with its own server', start: 'npm run start:prod' })
    expect((await frameworkOf({ ...CRA, scripts: { ...scripts, 'start:prod': 'serve -s build' } })).serve).toBeDefined()
  })

  test('nodemon does not run; the file does', async () => {
    const found = await frameworkOf({
      dependencies: { express: '5' },
      scripts: { start: 'nodemon --quiet src/server.js' },
    })
    expect(found.start).toBe('node src/server.js')
    expect(found.notes?.[0]).toMatch(/nodemon/)
  })

  test('a plain program has nothing special', async () => {
    expect(await frameworkOf({ scripts: { start: 'node index.js' } })).toEqual({ name: 'Node.js' })
  })
})

describe('variables that a build writes into pages', () => {
  const tree = {
    'package.json': { devDependencies: { vite: '8' }, scripts: { build: 'vite build' } },
    'index.html': '',
  }
  const variable = (key: string, buildTime: boolean) => ({ key, value: 'x', secret: false, buildTime })

  test('are missed when only the app is given them, and that is said', async () => {
    const { notes } = await choose(tree, { env: [variable('VITE_API', false), variable('TOKEN', false)] })
    expect(notes.join()).toMatch(/such as VITE_API into the pages/)
    expect((await choose(tree, { env: [variable('VITE_API', true)] })).notes.join()).not.toContain('VITE_API')
    expect((await choose(tree, { env: [variable('API', false)] })).notes.join()).not.toContain('API')
  })
})

describe('what was written to keep a regular expression busy', () => {
  const many = (text: string, times = 100_000) => text.repeat(times)
  const inTime = async (work: Promise<unknown>) => {
    const begun = performance.now()
    await work.catch(() => undefined)
    expect(performance.now() - begun).toBeLessThan(1500)
  }
  const VITE = { devDependencies: { vite: '8' }, scripts: { build: 'vite build' } }

  test.each([
    '/*',
    'build: {',
    "base: '",
    'outDir: path.resolve(__dirname, "a"',
    '"\\',
    '`',
    'outDir : ',
    '{{',
    "'a'+",
  ])('a configuration of %s', (text) =>
    inTime(frameworkOf(VITE, { 'index.html': '', 'vite.config.ts': many(text, 1_000_000 / text.length) })),
  )

  test.each(['dotenv -.env ', 'A="b" ', 'npm run -', 'npx -y ', 'rollup -w-', 'serve -s ', '&&', 'concurrently "a" '])(
    'a script of %s',
    (text) => inTime(frameworkOf({ scripts: { start: many(text, 50_000), build: many(text, 50_000) } })),
  )

  test.each(['<script', '<script src=', '<body', '<!--', '<script src="/a-', '-', '<style>'])('a page of %s', (text) =>
    inTime(choose({ 'index.html': many(text, 1_000_000 / text.length) })),
  )
})
