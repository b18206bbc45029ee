import path from 'node:path'
import nunjucks from 'nunjucks'
import { expect, test } from 'vitest'
import { openSource } from '../../../server/templates/source.ts'
import { planAssets } from '../../../templates/node/assets.ts'
import { root } from '../../support/slipway.ts'
import { plant, type Tree } from '../../support/tree.ts'

const assetsOf = async (tree: Tree, folder = '') =>
  planAssets({ source: await openSource(plant(tree), ''), env: [] }, folder)

function render(assets: object): string {
  const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(path.join(root, 'templates')), {
    autoescape: false,
    trimBlocks: true,
    lstripBlocks: true,
  })
  environment.addFilter('json', (value: unknown) => JSON.stringify(value))
  return environment.render('node/assets.njk', { assets, cache: 'slipway-0', buildVariables: ['VITE_NAME'] })
}

const BUILDS = { scripts: { build: 'vite build' }, devDependencies: { vite: '7.0.0' } }

test('assets are installed and built in a stage of their own', async () => {
  const assets = await assetsOf({ 'package.json': BUILDS, 'package-lock.json': '{}', 'composer.json': {} })
  await expect(render(assets ?? {})).toMatchFileSnapshot('snapshots/node-assets.Dockerfile')
})

test('without a script that builds there are none', async () => {
  expect(await assetsOf({ 'composer.json': {} })).toBeUndefined()
  expect(await assetsOf({ 'package.json': { devDependencies: { prettier: '3.0.0' } } })).toBeUndefined()
})

test('they may lie in a folder below the app', async () => {
  const assets = await assetsOf({ 'mix.exs': '', 'assets/package.json': BUILDS, 'assets/yarn.lock': '' }, 'assets')
  const dockerfile = render(assets ?? {})
  expect(dockerfile).toContain('COPY src/assets/package.json src/assets/yarn.lock ./')
  expect(dockerfile).toContain('WORKDIR /app/assets/')
})

test('every script that builds runs: what bundles, and what makes the styles', async () => {
  const scripts = { build: 'esbuild', 'build:css': 'sass' }
  const assets = await assetsOf({ 'package.json': { scripts, dependencies: { sass: '1' } }, 'yarn.lock': '' })
  expect(assets?.builds).toEqual(['yarn run build', 'yarn run build:css'])
})
