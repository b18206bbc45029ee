import { describe, expect, test } from 'vitest'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const FLASK = 'from flask import Flask\napp = Flask(__name__)\n'

describe('documentation', () => {
  const LIBRARY: Tree = { 'pyproject.toml': '[project]\nname = "x"\ndependencies = ["click"]', 'docs/index.md': '' }

  test('of a library is built and served by nginx', async () => {
    const { recipe, notes } = await choose({
      ...LIBRARY,
      'mkdocs.yml': 'site_name: X\ntheme:\n  name: material\nplugins:\n  - search\n  - blog\nnav: []\n',
    })
    expect(recipe).toMatchObject({
      framework: 'MkDocs',
      port: 8080,
      commands: { build: 'mkdocs build --site-dir site' },
    })
    expect(notes).toEqual(['Nothing here runs by itself: the documentation is built and served.'])
    await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/python-mkdocs.Dockerfile')
  })

  test('is installed by the list that names MkDocs', async () => {
    const tree = { ...LIBRARY, 'mkdocs.yml': 'plugins:\n- macros\n', 'docs/requirements.txt': 'mkdocs-macros-plugin' }
    expect((await recipeFor(tree)).commands?.install).toBe('pip install -r docs/requirements.txt')
  })

  test('that needs what nothing lists is asked about', async () => {
    const tree = { ...LIBRARY, 'mkdocs.yml': 'plugins:\n- search\n- macros\n' }
    await expect(recipeFor(tree)).rejects.toMatchObject({
      message: expect.stringMatching(/uses macros, and nothing lists/),
    })
  })

  test('of an app gives way to the app', async () => {
    const tree = { 'requirements.txt': 'flask', 'app.py': FLASK, 'mkdocs.yml': '' }
    expect(await recipeFor(tree)).toMatchObject({ framework: 'Flask' })
  })
})
