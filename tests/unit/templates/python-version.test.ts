import { expect, test } from 'vitest'
import { choose, type Tree } from '../../support/tree.ts'

const APP: Tree = { 'app.py': 'from flask import Flask\napp = Flask(__name__)\n', 'requirements.txt': 'flask' }
const requires = (range: string): Tree => ({ 'pyproject.toml': `[project]\nrequires-python = "${range}"` })

async function imageOf(tree: Tree) {
  const { recipe, notes } = await choose({ ...APP, ...tree })
  return {
    image: /^FROM (\S+)/m.exec(recipe.dockerfile ?? '')?.[1],
    notes: notes.filter((it) => it.includes('Python')),
  }
}

test.each<[string, Tree, string]>([
  ['nothing', {}, '3.13'],
  ['.python-version', { '.python-version': '3.12\n' }, '3.12'],
  ['an exact one', { '.python-version': '3.11.9' }, '3.11.9'],
  ["Heroku's runtime.txt", { 'runtime.txt': 'python-3.12.4' }, '3.12.4'],
  ['.tool-versions', { '.tool-versions': 'nodejs 22\npython 3.14.0\n' }, '3.14.0'],
  ['mise.toml', { 'mise.toml': '[tools]\npython = "3.12"' }, '3.12'],
  ['a Pipfile', { Pipfile: '[packages]\nflask = "*"\n[requires]\npython_version = "3.11"' }, '3.11'],
  ['a floor, with the version that most packages have wheels for', requires('>=3.10'), '3.13'],
  ['a floor above that', requires('>=3.14'), '3.15'],
  ['a range below that', requires('>=3.9,<3.12'), '3.11'],
  ['a compatible release', requires('~=3.12.1'), '3.12'],
  ['all of a line', requires('==3.12.*'), '3.12'],
  ['all but one', requires('>=3.12,!=3.12.1,<3.13'), '3.12'],
  ["Poetry's range", { 'pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.11"\nflask = "*"' }, '3.13'],
  ['the file for it before the range', { '.python-version': '3.12', ...requires('>=3.10') }, '3.12'],
])('%s decides about the version of Python', async (_what, tree, version) => {
  expect(await imageOf(tree)).toEqual({ image: `python:${version}-slim`, notes: [] })
})

test.each([
  ['2.7.18', /asks for Python "2.7.18", which is no version from 3.8 to 3.15: built with 3.13/],
  ['my-environment', /asks for Python "my-environment"/],
  ['3.99.0', /asks for Python "3.99.0"/],
])('%s cannot be had, and the log says what is taken', async (version, note) => {
  const { image, notes } = await imageOf({ '.python-version': version })
  expect(image).toBe('python:3.13-slim')
  expect(notes).toEqual([expect.stringMatching(note)])
})

test('a version without security fixes is taken, and the log says that', async () => {
  const { image, notes } = await imageOf({ '.python-version': '3.9' })
  expect(image).toBe('python:3.9-slim')
  expect(notes).toEqual(['Python 3.9, which .python-version asks for, gets no security fixes any more.'])
})
