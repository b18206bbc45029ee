import { describe, expect, test } from 'vitest'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const FASTAPI = 'from fastapi import FastAPI\napp = FastAPI()\n'
const FLASK = 'from flask import Flask\napp = Flask(__name__)\n'
const FACTORY = 'from flask import Flask\n\ndef create_app(config=None):\n    app = Flask(__name__)\n    return app\n'
const SERVES =
  "import os\nfrom http.server import HTTPServer\nHTTPServer(('', int(os.environ['PORT'])), H).serve_forever()\n"

const needing = (packages: string, files: Tree): Tree => ({
  'requirements.txt': packages.replaceAll(' ', '\n'),
  ...files,
})
const started = async (tree: Tree, wishes: Parameters<typeof recipeFor>[1] = {}) => {
  const { template, framework, commands } = await recipeFor(tree, wishes)
  expect(template).toBe('python')
  return `${framework}: ${commands?.start}`
}
const UVICORN = 'uvicorn --host 0.0.0.0 --port $PORT'
const GUNICORN = `gunicorn --bind 0.0.0.0:$PORT --workers \${WEB_CONCURRENCY:-1} --threads 8 --worker-tmp-dir /dev/shm`

test('a Flask app is served by gunicorn, its dependencies in a layer of their own', async () => {
  const { recipe, notes } = await choose(needing('flask gunicorn', { 'app.py': FLASK }))
  expect(recipe).toMatchObject({ template: 'python', framework: 'Flask', port: 8000, healthPath: '/' })
  expect(recipe.commands).toEqual({ install: 'pip install -r requirements.txt', start: `${GUNICORN} app:app` })
  expect(notes).toEqual([])
  await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/python-flask.Dockerfile')
})

describe('the app is found where it is made', () => {
  test.each<[string, Tree, string]>([
    ['FastAPI in main.py', { 'main.py': FASTAPI }, `FastAPI: ${UVICORN} main:app`],
    ['before others of its kind', { 'main.py': FASTAPI, 'app.py': FASTAPI }, `FastAPI: ${UVICORN} main:app`],
    [
      'by another name',
      { 'main.py': 'import fastapi\nservice: fastapi.FastAPI = fastapi.FastAPI(\n  title="x")' },
      `FastAPI: ${UVICORN} main:service`,
    ],
    [
      'in a package',
      { 'app/main.py': `from app.db import x\n${FASTAPI}`, 'app/db.py': '' },
      `FastAPI: ${UVICORN} app.main:app`,
    ],
    [
      'in a package by relative imports',
      { 'app/main.py': `from .db import x\n${FASTAPI}`, 'app/db.py': '' },
      `FastAPI: ${UVICORN} app.main:app`,
    ],
    [
      'beside its modules',
      { 'app/main.py': `import db\n${FASTAPI}`, 'app/db.py': '' },
      `FastAPI: ${UVICORN} --app-dir app main:app`,
    ],
    ['in src', { 'src/main.py': FASTAPI }, `FastAPI: ${UVICORN} --app-dir src main:app`],
    [
      'in a package in src',
      { 'src/shop/main.py': FASTAPI, 'src/shop/__init__.py': '' },
      `FastAPI: ${UVICORN} --app-dir src shop.main:app`,
    ],
    [
      'in a folder that is no name of a package',
      { 'my-api/main.py': FASTAPI },
      `FastAPI: ${UVICORN} --app-dir my-api main:app`,
    ],
    [
      'and not in its tests',
      { 'tests/main.py': FASTAPI, 'service/web.py': FASTAPI },
      `FastAPI: ${UVICORN} service.web:app`,
    ],
    [
      'by a function',
      { 'main.py': 'from fastapi import FastAPI\ndef create_app() -> FastAPI:\n    return FastAPI()' },
      `FastAPI: ${UVICORN} --factory main:create_app`,
    ],
    [
      'Starlette',
      { 'app.py': 'from starlette.applications import Starlette\napp = Starlette(routes=[])' },
      `Starlette: ${UVICORN} app:app`,
    ],
    ['Litestar', { 'app.py': 'from litestar import Litestar\napp = Litestar([])' }, `Litestar: ${UVICORN} app:app`],
    ['FastHTML', { 'main.py': 'from fasthtml.common import *\napp, rt = fast_app()' }, `FastHTML: ${UVICORN} main:app`],
    [
      'Sanic',
      { 'server.py': 'from sanic import Sanic\napp = Sanic("x")' },
      'Sanic: sanic server:app --host 0.0.0.0 --port $PORT',
    ],
    ['Flask by a function', { 'shop/__init__.py': FACTORY }, `Flask: ${GUNICORN} 'shop:create_app()'`],
    [
      'Flask by what calls the function',
      { 'shop/__init__.py': FACTORY, 'run.py': 'from shop import create_app\napp = create_app()\n' },
      `Flask: ${GUNICORN} run:app`,
    ],
    [
      'Flask by wsgi.py, which is meant for servers',
      { 'shop/__init__.py': FLASK, 'wsgi.py': 'from shop import app\n' },
      `Flask: ${GUNICORN} wsgi:app`,
    ],
    ['Flask in a package', { 'shop/__init__.py': FLASK }, `Flask: ${GUNICORN} shop:app`],
    ['Flask in src', { 'src/app.py': FLASK }, `Flask: ${GUNICORN} --pythonpath src app:app`],
    ['Bottle', { 'app.py': 'import bottle\napp = bottle.Bottle()' }, `Bottle: ${GUNICORN} app:app`],
    [
      'Dash over Flask',
      {
        'app.py':
          'from flask import Flask\nfrom dash import Dash\nserver = Flask(__name__)\napp = Dash(server=server)\n',
      },
      'Dash: python app.py',
    ],
    [
      'Dash with its server',
      { 'app.py': 'import dash\napp = dash.Dash(__name__)\nserver = app.server\n' },
      `Dash: ${GUNICORN} app:server`,
    ],
    ['Gradio', { 'app.py': 'import gradio as gr\ngr.Interface(f).launch()' }, 'Gradio: python app.py'],
    [
      'Gradio inside FastAPI',
      { 'ui.py': 'import gradio as gr\nui.launch()', 'main.py': `${FASTAPI}gr.mount_gradio_app(app, ui)` },
      `FastAPI: ${UVICORN} main:app`,
    ],
    ['aiohttp', { 'main.py': 'from aiohttp import web\nweb.run_app(app)' }, 'aiohttp: python main.py'],
    ['Tornado', { 'main.py': 'import tornado.web\napp.listen(8888)' }, 'Tornado: python main.py'],
  ])('%s', async (_what, files, expected) => {
    expect(await started(needing('x', files))).toBe(expected)
  })

  test('Quart comes with hypercorn, which serves it', async () => {
    expect(await started(needing('quart', { 'app.py': 'from quart import Quart\napp = Quart(__name__)' }))).toBe(
      'Quart: hypercorn --bind 0.0.0.0:$PORT app:app',
    )
  })

  test('waitress serves where it is the server that was chosen', async () => {
    expect(await started(needing('flask waitress', { 'app.py': FACTORY }))).toBe(
      'Flask: waitress-serve --host 0.0.0.0 --port $PORT --call app:create_app',
    )
  })
})

describe('Streamlit', () => {
  const STREAMLIT = 'import streamlit as st\nst.write("hi")\n'

  test('runs its main page, with its own health path', async () => {
    const recipe = await recipeFor(
      needing('streamlit', { 'streamlit_app.py': STREAMLIT, 'pages/2_More.py': STREAMLIT }),
    )
    expect(recipe).toMatchObject({ framework: 'Streamlit', healthPath: '/_stcore/health' })
    expect(recipe.commands?.start).toMatch(
      /^streamlit run streamlit_app.py --server.port \$PORT --server.address 0.0.0.0/,
    )
  })

  test('may have a picture in the name of its page', async () => {
    expect(await started(needing('streamlit', { '🏠_Home.py': STREAMLIT }))).toContain("streamlit run '🏠_Home.py' ")
  })
})

describe('a file that serves by itself', () => {
  test('is run, without anything to install', async () => {
    const recipe = await recipeFor({ 'main.py': SERVES })
    expect(recipe).toMatchObject({
      template: 'python',
      framework: 'Python',
      port: 8000,
      commands: { start: 'python main.py' },
    })
    expect(recipe.commands).not.toHaveProperty('install')
    expect(recipe.dockerfile).not.toContain('pip install')
  })

  test('is asked on the port that it names, and the log says why', async () => {
    const { recipe, notes } = await choose({ 'server.py': "HTTPServer(('', 9000), Handler).serve_forever()" })
    expect(recipe.port).toBe(9000)
    expect(notes).toEqual(['server.py listens on port 9000 and does not read PORT: the app is asked there.'])
  })

  test('is said to be out of reach when it listens on 127.0.0.1', async () => {
    const { notes } = await choose({ 'server.py': "HTTPServer(('127.0.0.1', 9000), Handler).serve_forever()" })
    expect(notes.join()).toContain('Let it listen on 0.0.0.0')
  })
})
