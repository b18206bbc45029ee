import { describe, expect, test } from 'vitest'
import { frameworkOf } from '../../support/framework.ts'

const VITE = {
  devDependencies: { vite: '^8.0.0' },
  scripts: { dev: 'vite', build: 'vite build', preview: 'vite preview' },
}
const vite = (more: object = {}) => ({ ...VITE, dependencies: { react: '^19.0.0', 'react-dom': '^19.0.0' }, ...more })
const PAGE = { 'index.html': '<div id="root"></div><script type="module" src="/src/main.tsx"></script>' }
const NEXT = {
  dependencies: { next: '16.4.3', react: '19.3.0' },
  scripts: { dev: 'next dev', build: 'next build', start: 'next start' },
}
const KIT = {
  devDependencies: { '@sveltejs/kit': '^2.63.0', vite: '^8.0.0', svelte: '^5.0.0' },
  scripts: { build: 'vite build', dev: 'vite dev' },
}
const adapter = (name: string, options = '') =>
  `import adapter from '${name}'\nexport default { kit: { adapter: adapter(${options}) } }`
const ASTRO = {
  dependencies: { astro: '^7.0.0' },
  scripts: { dev: 'astro dev', build: 'astro build', preview: 'astro preview' },
}
const ROUTER = {
  dependencies: { '@react-router/node': '^8.0.0', '@react-router/serve': '^8.0.0', react: '^19.0.0' },
  devDependencies: { '@react-router/dev': '^8.0.0', vite: '^8.0.0' },
  scripts: {
    build: 'react-router build',
    dev: 'react-router dev',
    start: 'react-router-serve ./build/server/index.js',
  },
}

describe('Next.js', () => {
  test('runs next start, keeps its cache, and says nothing home', async () => {
    expect(await frameworkOf(NEXT)).toMatchObject({
      name: 'Next.js',
      build: 'npm run build',
      start: 'npx next start',
      port: 3000,
      caches: ['.next/cache'],
      env: { NEXT_TELEMETRY_DISABLED: '1' },
    })
  })

  test('with output standalone is copied alone, and listens to all', async () => {
    const tree = { 'next.config.ts': "export default { output: 'standalone' }", 'public/logo.svg': '<svg/>' }
    expect(await frameworkOf(NEXT, tree)).toMatchObject({
      name: 'Next.js (standalone)',
      start: 'node server.js',
      env: { HOSTNAME: '0.0.0.0' },
      needsNodeModules: false,
      copy: [
        { from: '.next/standalone', to: '.' },
        { from: '.next/static', to: '.next/static' },
        { from: 'public', to: 'public' },
      ],
    })
  })

  test('standalone without a public folder copies none', async () => {
    const { copy } = await frameworkOf(NEXT, { 'next.config.js': "module.exports = { output: 'standalone' }" })
    expect(copy?.map((it) => it.from)).toEqual(['.next/standalone', '.next/static'])
  })

  test('standalone in a workspace starts where Next puts it', async () => {
    const tree = { 'next.config.mjs': 'export default {output:"standalone"}' }
    const found = await frameworkOf(NEXT, tree, { folder: 'apps/web' })
    expect(found.start).toBe('node apps/web/server.js')
    expect(found.copy).toContainEqual({ from: '.next/static', to: 'apps/web/.next/static' })
  })

  test('with a server of its own around it keeps that, also beside standalone', async () => {
    const own = { ...NEXT, scripts: { build: 'next build', start: 'NODE_ENV=production node server.js' } }
    const found = await frameworkOf(own, { 'next.config.js': "module.exports = { output: 'standalone' }" })
    expect(found.name).toBe('Next.js')
    expect(found.start).toBeUndefined()
  })

  test('with output export is a site with a page for what is missing', async () => {
    const found = await frameworkOf(NEXT, {
      'next.config.js': "module.exports = { output: 'export', basePath: '/docs' }",
    })
    expect(found).toMatchObject({
      name: 'Next.js (static)',
      serve: { folder: 'out', fallback: '404', base: '/docs' },
      healthPath: '/docs/',
    })
    expect(found.start).toBeUndefined()
  })

  test('an output that is commented out or computed does not count', async () => {
    for (const output of ["// output: 'export',", "output: process.env.ALONE ? 'standalone' : undefined,"])
      expect((await frameworkOf(NEXT, { 'next.config.js': `module.exports = { ${output}\n }` })).name).toBe('Next.js')
  })

  test('does not run its server for developing, and says so', async () => {
    const found = await frameworkOf({ ...NEXT, scripts: { build: 'next build', start: 'next dev' } })
    expect(found.start).toBe('npx next start')
    expect(found.notes?.[0]).toMatch(/next dev.*developing/)
  })

  test('keeps a start script that does more, and the port it fixes', async () => {
    const found = await frameworkOf({ ...NEXT, scripts: { build: 'next build', start: 'next start -p 4001' } })
    expect(found).toMatchObject({ port: 4001 })
    expect(found.start).toBeUndefined()
  })

  test('lies at its basePath, where it is asked for its health', async () => {
    expect((await frameworkOf(NEXT, { 'next.config.js': "module.exports = { basePath: '/shop' }" })).healthPath).toBe(
      '/shop',
    )
  })
})

describe('Nuxt and Nitro', () => {
  const nuxt = (more: object = {}) => ({
    dependencies: { nuxt: '^4.5.0' },
    scripts: { build: 'nuxt build', generate: 'nuxt generate', dev: 'nuxt dev' },
    ...more,
  })

  test('Nuxt runs the server that Nitro wrote, and nothing else is copied', async () => {
    expect(await frameworkOf(nuxt())).toMatchObject({
      name: 'Nuxt',
      build: 'npm run build',
      start: 'node .output/server/index.mjs',
      copy: [{ from: '.output', to: '.output' }],
      needsNodeModules: false,
      env: { HOST: '0.0.0.0' },
    })
  })

  test('Nuxt that is generated is a site', async () => {
    const found = await frameworkOf(nuxt({ scripts: { build: 'nuxt generate' } }))
    expect(found.serve).toMatchObject({ folder: '.output/public', fallback: '404' })
  })

  test('Nuxt without rendering on a server, and without a server/ folder, is generated', async () => {
    const config = { 'nuxt.config.ts': 'export default defineNuxtConfig({ ssr: false })' }
    expect(await frameworkOf(nuxt(), config)).toMatchObject({ build: 'npx nuxt generate', serve: { fallback: 'spa' } })
    expect((await frameworkOf(nuxt(), { ...config, 'server/api/hi.ts': '' })).start).toBe(
      'node .output/server/index.mjs',
    )
  })

  test('a rule of Nuxt for one route is none for the app', async () => {
    const config = "export default defineNuxtConfig({ routeRules: { '/admin/**': { ssr: false } } })"
    expect((await frameworkOf(nuxt(), { 'nuxt.config.ts': config })).serve).toBeUndefined()
  })

  test('a preset of another host is built for Node, with a note', async () => {
    const found = await frameworkOf(nuxt(), {
      'nuxt.config.ts': "export default defineNuxtConfig({ nitro: { preset: 'vercel' } })",
    })
    expect(found.build).toBe('NITRO_PRESET=node-server npm run build')
    expect(found.notes?.join()).toMatch(/vercel/)
  })

  test('Nuxt 2 needs the old OpenSSL, and its packages', async () => {
    const found = await frameworkOf({
      dependencies: { nuxt: '^2.17.0' },
      scripts: { build: 'nuxt build', start: 'nuxt start' },
    })
    expect(found).toMatchObject({
      name: 'Nuxt 2',
      build: 'NODE_OPTIONS=--openssl-legacy-provider npm run build',
      start: 'npx nuxt start',
    })
    expect(found.needsNodeModules).toBeUndefined()
  })

  test('TanStack Start with Nitro runs from .output, also where the start script says the same', async () => {
    const tan = {
      dependencies: { '@tanstack/react-start': '^1.169.0', nitro: '3.0.0' },
      scripts: { build: 'vite build', start: 'node .output/server/index.mjs' },
    }
    expect(await frameworkOf(tan)).toMatchObject({
      name: 'TanStack Start',
      start: 'node .output/server/index.mjs',
      needsNodeModules: false,
    })
  })

  test('TanStack Start without anything that listens is a question', async () => {
    const tan = { dependencies: { '@tanstack/react-start': '^1.169.0' }, scripts: { build: 'vite build' } }
    await expect(frameworkOf(tan)).rejects.toMatchObject({
      code: 'no_start_command',
      message: expect.stringContaining('nitro'),
    })
    await expect(frameworkOf({ ...tan, devDependencies: { '@cloudflare/vite-plugin': '1' } })).rejects.toThrow(
      /@cloudflare\/vite-plugin/,
    )
  })

  test('TanStack Start as a single-page app is a site', async () => {
    const tan = { dependencies: { '@tanstack/react-start': '1' }, scripts: { build: 'vite build' } }
    const found = await frameworkOf(tan, {
      'vite.config.ts': 'export default { plugins: [tanstackStart({ spa: { enabled: true } })] }',
    })
    expect(found.serve).toMatchObject({ folder: 'dist/client', fallback: 'spa' })
  })

  test('SolidStart is built by vinxi', async () => {
    const solid = {
      dependencies: { '@solidjs/start': '^1.3.0', vinxi: '^0.5.0' },
      scripts: { build: 'vinxi build', start: 'vinxi start' },
    }
    expect(await frameworkOf(solid)).toMatchObject({ name: 'SolidStart', start: 'node .output/server/index.mjs' })
  })
})

describe('SvelteKit', () => {
  test('with adapter-node runs build, and trusts what the proxy says of the address', async () => {
    expect(await frameworkOf(KIT, { 'svelte.config.js': adapter('@sveltejs/adapter-node') })).toMatchObject({
      name: 'SvelteKit',
      build: 'npm run build',
      start: 'node build',
      env: { HOST: '0.0.0.0', PROTOCOL_HEADER: 'x-forwarded-proto', HOST_HEADER: 'x-forwarded-host' },
    })
  })

  test('with adapter-node runs the folder it is told', async () => {
    expect(
      (await frameworkOf(KIT, { 'svelte.config.js': adapter('@sveltejs/adapter-node', "{ out: 'server' }") })).start,
    ).toBe('node server')
  })

  test('with adapter-auto, also in vite.config, has it take the adapter for Node, and says so', async () => {
    for (const file of ['svelte.config.js', 'vite.config.ts']) {
      const found = await frameworkOf(KIT, { [file]: adapter('@sveltejs/adapter-auto') })
      expect(found).toMatchObject({ build: 'GCP_BUILDPACKS=slipway npm run build', start: 'node build' })
      expect(found.notes?.join()).toMatch(/adapter-auto.*adapter-node/)
    }
  })

  test('with adapter-static is a site with the page it names, or with a 404', async () => {
    const single = await frameworkOf(KIT, {
      'svelte.config.js': adapter('@sveltejs/adapter-static', "{ fallback: 'app.html' }"),
    })
    expect(single.serve).toMatchObject({ folder: 'build', fallback: 'spa', page: 'app.html' })
    const many = await frameworkOf(KIT, { 'svelte.config.js': adapter('@sveltejs/adapter-static', "{ pages: 'out' }") })
    expect(many.serve).toMatchObject({ folder: 'out', fallback: '404' })
  })

  test('for Vercel is a question that names the adapter to take', async () => {
    const made = frameworkOf(KIT, { 'svelte.config.js': adapter('@sveltejs/adapter-vercel') })
    await expect(made).rejects.toMatchObject({
      code: 'no_start_command',
      message: expect.stringMatching(/adapter-vercel.*adapter-node/),
    })
  })
})

describe('React Router and Remix', () => {
  test('React Router runs its start script', async () => {
    const found = await frameworkOf(ROUTER)
    expect(found).toMatchObject({ name: 'React Router', build: 'npm run build', port: 3000 })
    expect(found.start).toBeUndefined()
  })

  test('React Router without a start script is served by @react-router/serve, or is a question', async () => {
    const scripts = { build: 'react-router build' }
    expect((await frameworkOf({ ...ROUTER, scripts })).start).toBe('npx react-router-serve build/server/index.js')
    await expect(frameworkOf({ ...ROUTER, scripts, dependencies: {} })).rejects.toMatchObject({
      code: 'no_start_command',
    })
    await expect(
      frameworkOf({ ...ROUTER, scripts, dependencies: { '@react-router/cloudflare': '8' } }),
    ).rejects.toThrow(/cloudflare/)
  })

  test('React Router without rendering on a server is a site, whatever the starter starts', async () => {
    const found = await frameworkOf(ROUTER, {
      'react-router.config.ts': 'export default { ssr: false } satisfies Config',
    })
    expect(found.serve).toMatchObject({ folder: 'build/client', fallback: 'spa', immutable: ['assets'] })
  })

  test('React Router as a library in a Vite app is a Vite app', async () => {
    expect((await frameworkOf(vite({ dependencies: { react: '19', 'react-router': '^8.0.0' } }), PAGE)).name).toBe(
      'Vite with React (single-page app)',
    )
  })

  test('Remix by Vite and by its own compiler start different files', async () => {
    const remix = { dependencies: { '@remix-run/serve': '^2.17.0' }, devDependencies: { '@remix-run/dev': '^2.17.0' } }
    const config = "import { vitePlugin as remix } from '@remix-run/dev'\nexport default { plugins: [remix()] }"
    expect(await frameworkOf(remix, { 'vite.config.ts': config })).toMatchObject({
      name: 'Remix',
      build: 'npx remix vite:build',
      start: 'npx remix-serve build/server/index.js',
    })
    expect(await frameworkOf(remix, { 'remix.config.js': 'module.exports = {}' })).toMatchObject({
      build: 'npx remix build',
      start: 'npx remix-serve build/index.js',
    })
  })
})

describe('Astro', () => {
  test('is a site of pages', async () => {
    const found = await frameworkOf(ASTRO)
    expect(found).toMatchObject({
      name: 'Astro (static)',
      serve: { folder: 'dist', fallback: '404', immutable: ['_astro'] },
      needsNodeModules: false,
    })
  })

  test('with @astrojs/node runs its server, open to others', async () => {
    const config =
      "import node from '@astrojs/node'\nexport default defineConfig({ output: 'server', adapter: node({ mode: 'standalone' }) })"
    const found = await frameworkOf(
      { ...ASTRO, scripts: { ...ASTRO.scripts, start: 'astro dev' } },
      { 'astro.config.mjs': config },
    )
    expect(found).toMatchObject({
      name: 'Astro (server)',
      start: 'node dist/server/entry.mjs',
      env: { HOST: '0.0.0.0' },
    })
    expect(found.notes?.[0]).toMatch(/astro dev/)
  })

  test('is told that forms need the host name in its configuration', async () => {
    const notesFor = async (more: string) =>
      (
        await frameworkOf(ASTRO, {
          'astro.config.mjs': `import node from '@astrojs/node'\nexport default { adapter: node(), ${more} }`,
        })
      ).notes
    expect((await notesFor(''))?.join()).toMatch(/security\.allowedDomains/)
    expect(await notesFor("security: { allowedDomains: [{ hostname: 'a.example.com' }] }")).toEqual([])
  })

  test('as middleware needs a server around it', async () => {
    const config = {
      'astro.config.mjs': "import node from '@astrojs/node'\nexport default { adapter: node({ mode: 'middleware' }) }",
    }
    await expect(frameworkOf(ASTRO, config)).rejects.toMatchObject({ code: 'no_start_command' })
    expect((await frameworkOf({ ...ASTRO, scripts: { start: 'node run-server.mjs' } }, config)).start).toBeUndefined()
  })

  test('for Netlify is a question', async () => {
    await expect(
      frameworkOf(ASTRO, {
        'astro.config.mjs': "import netlify from '@astrojs/netlify'\nexport default { adapter: netlify() }",
      }),
    ).rejects.toThrow(/netlify.*@astrojs\/node/)
  })

  test('reads its folder and base; a start script that previews is replaced', async () => {
    const config =
      "export default defineConfig({ site: 'https://acme.github.io', base: '/blog', outDir: './public_html' })"
    const found = await frameworkOf(
      { ...ASTRO, scripts: { build: 'astro build', start: 'astro preview' } },
      { 'astro.config.mjs': config },
    )
    expect(found.serve).toMatchObject({ folder: 'public_html', base: '/blog' })
    expect(found.notes?.join(' ')).toMatch(/astro preview.*\/blog\//)
  })
})

describe('Vite', () => {
  test.each([
    ['React', { react: '19' }],
    ['Vue', { vue: '3' }],
    ['Svelte', { svelte: '5' }],
    ['Solid', { 'solid-js': '1' }],
    ['Preact', { preact: '10' }],
    ['Lit', { lit: '3' }],
  ])('with %s is a single-page app in dist', async (name, dependencies) => {
    expect(await frameworkOf({ ...VITE, dependencies }, PAGE)).toMatchObject({
      name: `Vite with ${name} (single-page app)`,
      build: 'npm run build',
      serve: { folder: 'dist', fallback: 'spa', immutable: ['assets'] },
    })
  })

  test('without a library or a build script is one as well', async () => {
    expect(await frameworkOf({ devDependencies: { vite: '8' } }, PAGE)).toMatchObject({
      name: 'Vite (single-page app)',
      build: 'npx vite build',
    })
  })

  test.each([
    ['a text', "build: { outDir: 'build/web' }", 'build/web'],
    [
      'a text beside a plugin with its own',
      "plugins: [pwa({ outDir: 'sw' })], build: { sourcemap: true, outDir: 'out' }",
      'out',
    ],
    ['path.resolve', "build: { outDir: path.resolve(__dirname, 'www', 'app') }", 'www/app'],
    ['a root', "root: 'client'", 'client/dist'],
    ['a root, and a folder above it', "root: './client', build: { outDir: '../dist/public' }", 'dist/public'],
  ])('writes where vite.config says: %s', async (_what, config, folder) => {
    const tree = { ...PAGE, 'client/index.html': '', 'vite.config.ts': `export default defineConfig({ ${config} })` }
    expect((await frameworkOf(vite(), tree)).serve?.folder).toBe(folder)
  })

  test('writes where the script says, and lies where the script says', async () => {
    const scripts = { build: 'tsc && vite build --outDir web --base=/app/' }
    expect((await frameworkOf(vite({ scripts }), PAGE)).serve).toMatchObject({ folder: 'web', base: '/app' })
  })

  test('says what it assumes where the folder is computed', async () => {
    const found = await frameworkOf(vite(), {
      ...PAGE,
      'vite.config.ts': 'export default { build: { outDir: process.env.OUT } }',
    })
    expect(found.serve?.folder).toBe('dist')
    expect(found.notes?.join()).toMatch(/outDir.*assumed/)
  })

  test('the output folder of the settings wins', async () => {
    expect((await frameworkOf(vite(), PAGE, { settings: { outputDir: 'static' } })).serve?.folder).toBe('static')
  })

  test('a folder outside the app is a question', async () => {
    await expect(
      frameworkOf(vite(), { ...PAGE, 'vite.config.ts': "export default { build: { outDir: '../api/public' } }" }),
    ).rejects.toMatchObject({ code: 'no_start_command' })
  })

  test('is served below the base it was built for', async () => {
    const found = await frameworkOf(vite(), { ...PAGE, 'vite.config.ts': "export default { base: '/my-repo/' }" })
    expect(found).toMatchObject({ serve: { base: '/my-repo' }, healthPath: '/my-repo/' })
    for (const base of ['./', '/', ''])
      expect(
        (await frameworkOf(vite(), { ...PAGE, 'vite.config.ts': `export default { base: '${base}' }` })).serve?.base,
      ).toBeUndefined()
  })

  test('a name that could be more than a path is refused', async () => {
    await expect(
      frameworkOf(vite(), { ...PAGE, 'vite.config.ts': "export default { base: '/x;return 200/' }" }),
    ).rejects.toMatchObject({ code: 'build_failed' })
    await expect(
      frameworkOf(vite(), { ...PAGE, 'vite.config.ts': "export default { build: { outDir: 'a b\tc' } }" }),
    ).rejects.toMatchObject({ code: 'build_failed' })
  })

  test('files put beside the hashed ones by hand are not kept for a year', async () => {
    expect((await frameworkOf(vite(), { ...PAGE, 'public/assets/logo.png': '' })).serve?.immutable).toBeUndefined()
  })

  test('with pages that are prerendered answers 404', async () => {
    const found = await frameworkOf(
      vite({ dependencies: { vue: '3', 'vite-ssg': '28' }, scripts: { build: 'vite-ssg build' } }),
      {
        ...PAGE,
        'vite.config.ts': 'export default {}',
      },
    )
    expect(found.serve?.fallback).toBe('404')
  })

  test('with several pages answers 404', async () => {
    const config = "export default { build: { rollupOptions: { input: ['index.html', 'about.html'] } } }"
    expect((await frameworkOf(vite(), { ...PAGE, 'about.html': '', 'vite.config.js': config })).serve?.fallback).toBe(
      '404',
    )
  })

  test.each([
    'vite',
    'vite --host',
    'npm run dev',
    'npx vite dev --port 3000',
    'cross-env NODE_ENV=production vite',
    'NODE_ENV=production npm run dev -- --host',
    'concurrently "node api.js" "npm run dev"',
    'concurrently -k npm:dev npm:preview',
    'run-p preview dev',
  ])('a start script that is a server for developing (%s) never runs', async (start) => {
    const found = await frameworkOf(vite({ scripts: { ...VITE.scripts, start } }), PAGE)
    expect(found.serve?.folder).toBe('dist')
    expect(found.notes?.[0]).toMatch(/developing/)
  })

  test.each([
    'vite preview',
    'vite preview --port 8080 --host',
    'serve -s dist',
    'npx serve dist -l 3000',
    'npm run preview',
  ])('a start script that hands out files (%s) is done by nginx', async (start) => {
    const found = await frameworkOf(vite({ scripts: { ...VITE.scripts, start } }), PAGE)
    expect(found.serve?.folder).toBe('dist')
    expect(found.notes?.[0]).toMatch(/nginx/)
  })

  test('a start script of its own wins: the pages are served by that server', async () => {
    for (const start of [
      'node server.js',
      'npm run build && NODE_ENV=production node dist/index.js',
      'tsx server/index.ts',
    ]) {
      const found = await frameworkOf(vite({ scripts: { ...VITE.scripts, start } }), PAGE)
      expect(found).toMatchObject({ name: 'Vite with React with its own server', build: 'npm run build' })
      expect(found.serve).toBeUndefined()
    }
  })

  test('a start command and a Procfile win, too, whatever they run', async () => {
    expect((await frameworkOf(vite(), PAGE, { settings: { startCommand: 'npx vite preview' } })).serve).toBeUndefined()
    expect((await frameworkOf(vite(), { ...PAGE, Procfile: 'web: node api.js' })).serve).toBeUndefined()
  })

  test('an Express server of the same package runs, though no start script says it', async () => {
    const dependencies = { react: '19', express: '^5.0.0' }
    const found = await frameworkOf(vite({ dependencies }), { ...PAGE, 'server.js': "import express from 'express'" })
    expect(found).toMatchObject({ start: 'node server.js', build: 'npm run build' })
    expect((await frameworkOf(vite({ dependencies }), { ...PAGE, 'server.js': '' })).serve).toBeDefined()
  })

  test('a library, and a package that only tests with Vite, are no sites', async () => {
    expect(
      (
        await frameworkOf(vite({ scripts: { build: 'vite build' } }), {
          'vite.config.ts': 'export default { build: { lib: {} } }',
        })
      ).serve,
    ).toBeUndefined()
    expect(
      (await frameworkOf({ devDependencies: { vite: '8', vitest: '5' }, scripts: { build: 'tsc' } }, PAGE)).serve,
    ).toBeUndefined()
  })

  test('Vike prerenders, or is started by the app', async () => {
    const package_ = { dependencies: { vike: '0.4' }, devDependencies: { vite: '8' }, scripts: { build: 'vite build' } }
    expect(
      (await frameworkOf(package_, { 'vite.config.ts': 'export default { plugins: [vike({ prerender: true })] }' }))
        .serve?.folder,
    ).toBe('dist/client')
    expect((await frameworkOf(package_, { 'vite.config.ts': '' })).serve).toBeUndefined()
  })
})
