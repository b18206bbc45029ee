import { symlinkSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { EnvVariable } from '../../server/db/deployments.ts'
import { loadCatalog } from '../../server/templates/catalog.ts'
import { chooseRecipe } from '../../server/templates/detect.ts'
import { makeFolder } from '../support/temp-folder.ts'
import { recipeFor } from '../support/tree.ts'

const catalog = await loadCatalog(path.join(import.meta.dirname, '..', '..', 'templates'))

const packageJson = (more: object = {}) => JSON.stringify({ name: 'app', ...more })
const PORT: EnvVariable = { key: 'PORT', value: '4000', secret: false, buildTime: false }

describe('what a repository is built with', () => {
  test('its own Dockerfile comes before everything else it could be', async () => {
    const files = { Dockerfile: 'FROM scratch', 'package.json': packageJson(), 'index.html': '' }
    expect(await recipeFor(files)).toMatchObject({ template: 'dockerfile', dockerfilePath: 'Dockerfile', port: null })
  })

  test('a package.json comes before a page, and says how it starts', async () => {
    const recipe = await recipeFor({
      'package.json': packageJson({ scripts: { start: 'node x.js', build: 'vite build' } }),
      'package-lock.json': '{}',
      'index.html': '',
    })
    expect(recipe).toMatchObject({ template: 'node', port: 3000, healthPath: '/' })
    expect(recipe.dockerfile).toMatch(/npm ci/)
    expect(recipe.dockerfile).toMatch(/npm run build/)
  })

  test('without a start script a main file that is there will do', async () => {
    const recipe = await recipeFor({ 'package.json': packageJson(), 'app.js': '' })
    expect(recipe.dockerfile).toContain('node app.js')
  })

  test('a page, at the top or in a usual folder, is served as it is', async () => {
    for (const name of ['index.html', 'public/index.html', 'dist/index.html'])
      expect(await recipeFor({ [name]: '' })).toMatchObject({ template: 'static', port: 8080 })
  })

  test('the folder asked for is looked into, not the top', async () => {
    const files = { Dockerfile: 'FROM scratch', 'apps/web/index.html': '' }
    expect(await recipeFor(files, { rootDir: 'apps/web' })).toMatchObject({ template: 'static' })
  })

  test('what the user says wins over what is found', async () => {
    const files = { Dockerfile: 'FROM scratch', 'docker/prod.Dockerfile': 'FROM scratch', 'index.html': '' }
    expect(await recipeFor(files, { template: 'static' })).toMatchObject({ template: 'static' })
    expect(await recipeFor(files, { overrides: { dockerfile: 'docker/prod.Dockerfile' } })).toMatchObject({
      dockerfilePath: 'docker/prod.Dockerfile',
    })
  })

  test('the port comes from the override, then the environment, then the template', async () => {
    const files = { 'index.html': '' }
    expect((await recipeFor(files, { overrides: { port: 5000 }, env: [PORT] })).port).toBe(5000)
    expect((await recipeFor(files, { env: [PORT] })).port).toBe(4000)
    expect((await recipeFor(files, { env: [{ ...PORT, value: 'http' }] })).port).toBe(8080)
  })
})

describe('a repository that cannot be built says why', () => {
  test.each([
    ['with nothing that tells', { 'README.md': '' }, {}, 'no_template'],
    ['with a template that is not there', { 'index.html': '' }, { template: 'cobol' }, 'no_template'],
    ['without the folder asked for', { 'index.html': '' }, { rootDir: 'web' }, 'root_dir_not_found'],
    ['with a file for a folder', { 'index.html': '' }, { rootDir: 'index.html' }, 'root_dir_not_found'],
    [
      'without the Dockerfile asked for',
      { 'index.html': '' },
      { overrides: { dockerfile: 'D' } },
      'dockerfile_not_found',
    ],
    ['with nothing to start', { 'package.json': packageJson() }, {}, 'no_start_command'],
    ['with a broken package.json', { 'package.json': '{' }, {}, 'build_failed'],
  ])('%s', async (_what, files, wishes, code) => {
    await expect(recipeFor(files as Record<string, string>, wishes)).rejects.toMatchObject({ code })
  })

  test('when the folder or the Dockerfile is a link, which could lead out', async () => {
    const folder = makeFolder()
    symlinkSync('/etc', path.join(folder, 'etc'))
    symlinkSync('/etc/hostname', path.join(folder, 'Dockerfile'))
    const choose = (rootDir: string) =>
      chooseRecipe(catalog, folder, { githubUrl: '', rootDir, template: null, overrides: {}, volumes: [] }, [])
    await expect(choose('etc')).rejects.toMatchObject({ code: 'file_unsafe' })
    await expect(choose('')).rejects.toMatchObject({ code: 'file_unsafe' })
  })
})
