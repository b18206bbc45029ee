import { describe, expect, test } from 'vitest'
import { recipeFor, type Tree } from '../../support/tree.ts'

const FASTAPI = 'from fastapi import FastAPI\napp = FastAPI()\n'
const FLASK = 'from flask import Flask\napp = Flask(__name__)\n'
const STREAMLIT = 'import streamlit as st\nst.write("hi")\n'
const MANAGE = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.settings')\n"
const NODE: Tree = { 'package.json': { scripts: { start: 'node server.js' } }, 'server.js': '' }

describe('an unclear repository is asked about', () => {
  test.each<[string, Tree, string, RegExp]>([
    [
      'a library',
      { 'pyproject.toml': '[project]\nname="x"\ndependencies=["click"]', 'src/x/__init__.py': '' },
      'no_start_command',
      /what to start is not clear/,
    ],
    [
      'a bot',
      { 'requirements.txt': 'discord.py', 'bot.py': 'client.run(token)' },
      'no_start_command',
      /Neither bot.py nor another file.*python bot.py/,
    ],
    ['a script called main.py', { 'main.py': 'print(1)' }, 'no_start_command', /Neither main.py/],
    [
      'FastAPI without an app',
      { 'requirements.txt': 'fastapi', 'lib.py': '' },
      'no_start_command',
      /makes an app of FastAPI/,
    ],
    [
      'a function that needs arguments',
      {
        'requirements.txt': 'flask',
        'app.py': 'from flask import Flask\ndef create_app(config):\n    return Flask(__name__)',
      },
      'no_start_command',
      /not clear/,
    ],
    [
      'Flask that nothing lists',
      { 'app.py': FLASK },
      'no_start_command',
      /app.py uses Flask.*requirements.txt with flask/,
    ],
    [
      'two services',
      { 'requirements.txt': 'fastapi', 'users/main.py': FASTAPI, 'orders/main.py': FASTAPI },
      'several_apps',
      /orders\/main.py, users\/main.py/,
    ],
    [
      'an API and a dashboard',
      { 'requirements.txt': 'fastapi\nstreamlit', 'main.py': FASTAPI, 'dashboard.py': STREAMLIT },
      'several_apps',
      /FastAPI \(main.py\) or Streamlit \(dashboard.py\)/,
    ],
    [
      'two Django projects',
      { 'requirements.txt': 'django', 'a/manage.py': MANAGE, 'b/manage.py': MANAGE },
      'several_apps',
      /a\/manage.py, b\/manage.py/,
    ],
    [
      'Django without wsgi.py',
      { 'requirements.txt': 'django', 'manage.py': MANAGE, 'a/settings.py': '' },
      'no_start_command',
      /neither WSGI_APPLICATION/,
    ],
    [
      'a Node server with a Flask app',
      { ...NODE, 'requirements.txt': 'flask', 'app.py': FLASK },
      'several_apps',
      /Flask or /,
    ],
    [
      'a folder each',
      {
        'api/requirements.txt': 'fastapi',
        'api/main.py': FASTAPI,
        'bots/requirements.txt': 'flask',
        'bots/app.py': FLASK,
      },
      'several_apps',
      /api \(FastAPI\), bots \(Flask\)/,
    ],
    [
      'a broken pyproject.toml',
      { 'pyproject.toml': '[project', 'main.py': '' },
      'build_failed',
      /pyproject.toml is not valid TOML/,
    ],
  ])('%s', async (_what, tree, code, message) => {
    await expect(recipeFor(tree)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test('and a start command is the answer', async () => {
    const tree = { 'requirements.txt': 'fastapi\nstreamlit', 'main.py': FASTAPI, 'dashboard.py': STREAMLIT }
    const recipe = await recipeFor(tree, { overrides: { startCommand: 'streamlit run dashboard.py' } })
    expect(recipe.commands?.start).toBe('streamlit run dashboard.py')
    expect(recipe.dockerfile).toContain('ENV STREAMLIT_SERVER_ADDRESS=0.0.0.0')
  })

  test('and so is a folder', async () => {
    const tree = {
      'requirements.txt': 'fastapi',
      'users/main.py': FASTAPI,
      'users/requirements.txt': 'fastapi',
      'orders/main.py': FASTAPI,
    }
    expect((await recipeFor(tree, { rootDir: 'users' })).commands?.start).toContain('main:app')
  })
})

describe('what is no app in Python is left to others', () => {
  test.each<[string, Tree, string]>([
    ['tools of a Node app', { ...NODE, 'requirements.txt': 'black\nnumpy', 'tools.py': '' }, 'node'],
    ['a Procfile of a Node app', { ...NODE, 'requirements.txt': 'black', Procfile: 'web: node server.js' }, 'node'],
    [
      'tools of a Go program',
      {
        'go.mod': 'module x\n\ngo 1.22\n',
        'main.go': 'package main\nfunc main() {}',
        'requirements.txt': 'pre-commit',
      },
      'go',
    ],
    ['a script beside a page', { 'index.html': '', 'build.py': 'print(1)' }, 'static'],
    ['settings of a linter', { 'pyproject.toml': '[tool.ruff]\nline-length = 100', 'index.html': '' }, 'static'],
  ])('%s', async (_what, tree, template) => {
    expect(await recipeFor(tree)).toMatchObject({ template })
  })

  const BOTH: Tree = { ...NODE, 'requirements.txt': 'flask', 'app.py': FLASK }

  test.each([
    ['npm start', 'node'],
    ['gunicorn app:app', 'python'],
  ])('a start command says by its words whose it is: %s', async (startCommand, template) => {
    expect(await recipeFor({ ...BOTH, Procfile: `web: ${startCommand}` })).toMatchObject({ template })
  })

  test('a start command that could be anybody’s starts the app that was found', async () => {
    const tree = { 'requirements.txt': 'flask', 'app.py': FLASK, Procfile: 'web: sh start.sh' }
    expect(await recipeFor(tree)).toMatchObject({
      template: 'python',
      framework: 'Flask',
      commands: { start: 'sh start.sh' },
    })
  })

  test('a folder below is looked into, with what it lists itself', async () => {
    const tree = { 'pyproject.toml': '[tool.black]', 'backend/requirements.txt': 'fastapi', 'backend/main.py': FASTAPI }
    expect(await recipeFor(tree)).toMatchObject({ contextFolder: 'backend', framework: 'FastAPI' })
  })

  test('unless the top lists the framework', async () => {
    const tree = { 'requirements.txt': 'fastapi', 'backend/main.py': FASTAPI }
    expect(await recipeFor(tree)).toMatchObject({ contextFolder: '', framework: 'FastAPI' })
  })

  test('a page that belongs to a Python app does not take its place', async () => {
    const tree = { 'requirements.txt': 'flask', 'app.py': FLASK, 'index.html': '', 'public/index.html': '' }
    expect(await recipeFor(tree)).toMatchObject({ template: 'python' })
  })

  test('the assets of a Python app are built with Node, in a stage of their own', async () => {
    const tree = {
      'requirements.txt': 'flask\ngunicorn',
      'app.py': FLASK,
      'package.json': { scripts: { build: 'vite build' }, devDependencies: { vite: '7' } },
      'package-lock.json': { lockfileVersion: 3 },
    }
    const recipe = await recipeFor(tree)
    expect(recipe).toMatchObject({ template: 'python', framework: 'Flask' })
    await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/python-assets.Dockerfile')
  })
})
