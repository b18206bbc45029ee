import { describe, expect, test } from 'vitest'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')\n"
const WSGI = `${MANAGE}from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n`
const SETTINGS = `
import os
SECRET_KEY = os.environ.get('DJANGO_SECRET')
ALLOWED_HOSTS = os.environ.get('HOSTS', '').split()
CSRF_TRUSTED_ORIGINS = []
MIDDLEWARE = ['whitenoise.middleware.WhiteNoiseMiddleware', 'django.middleware.csrf.CsrfViewMiddleware']
INSTALLED_APPS = ['django.contrib.staticfiles']
WSGI_APPLICATION = 'mysite.wsgi.application'
DATABASES = {'default': dj_database_url.config()}
`
const site = (settings = SETTINGS, more: Tree = {}): Tree => ({
  'requirements.txt': 'django\ngunicorn\nwhitenoise\n',
  'manage.py': MANAGE,
  Procfile: 'release: python manage.py migrate\n',
  'mysite/settings.py': settings,
  'mysite/wsgi.py': WSGI,
  'mysite/asgi.py': WSGI.replaceAll('wsgi', 'asgi'),
  ...more,
})

const GUNICORN = `gunicorn --bind 0.0.0.0:$PORT --workers \${WEB_CONCURRENCY:-2} --threads 4 --worker-tmp-dir /dev/shm`
/** For the shell: the variable's own value, and that where it has none. */
const given = (name: string, value: string) => `${name}="\${${name}:-${value}}"`
const startOf = async (tree: Tree) => (await recipeFor(tree)).commands?.start

test('Django is served by gunicorn, and its static files are collected without its secret', async () => {
  const { recipe, notes } = await choose(site(`${SETTINGS}STATIC_ROOT = BASE_DIR / 'static'\n`))
  expect(recipe).toMatchObject({ template: 'python', framework: 'Django', port: 8000, healthPath: '/' })
  expect(recipe.commands).toEqual({
    install: 'pip install -r requirements.txt',
    build: `DJANGO_SECRET="\${DJANGO_SECRET:-only-for-the-build}" python manage.py collectstatic --noinput`,
    start: `${GUNICORN} mysite.wsgi:application`,
    release: 'python manage.py migrate',
  })
  expect(notes).toEqual([])
  await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/python-django.Dockerfile')
})

test('nothing is collected where the settings name no place for it', async () => {
  expect((await recipeFor(site(`${SETTINGS}# STATIC_ROOT = 'x'\n`))).commands).not.toHaveProperty('build')
})

describe('collecting needs no variable that the settings ask for', () => {
  test.each([
    ["SECRET_KEY = os.environ['SECRET_KEY']", given('SECRET_KEY', 'only-for-the-build')],
    ["SECRET_KEY = config('KEY', cast=str)", given('KEY', 'only-for-the-build')],
    ['SECRET_KEY = env.str("DJANGO_KEY", default=None)', given('DJANGO_KEY', 'only-for-the-build')],
    ["DEBUG = env.bool('DEBUG')", given('DEBUG', '1')],
    ["DATABASES = {'default': env.db()}", given('DATABASE_URL', 'sqlite:////tmp/build.sqlite3')],
    ["CACHE = os.environ['REDIS_URL']", given('REDIS_URL', 'redis://localhost')],
    ["NAME = os.environ.get('NAME')", ''],
    ["NAME = config('NAME', default='x')", ''],
    ["SECRET_KEY = 'django-insecure-x'", ''],
  ])('%s', async (line, placeholder) => {
    const { commands } = await recipeFor(
      site(`STATIC_ROOT = 'x'\nWSGI_APPLICATION = 'mysite.wsgi.application'\n${line}\n`),
    )
    expect(commands?.build).toBe(`${placeholder} python manage.py collectstatic --noinput`.trim())
  })
})

describe('the project is found', () => {
  test('by wsgi.py where the settings do not name it', async () => {
    expect(await startOf(site('DEBUG = False\n'))).toBe(`${GUNICORN} mysite.wsgi:application`)
  })

  test('in a folder of its own, below the list of dependencies', async () => {
    const inFolder = Object.fromEntries(
      Object.entries(site()).map(([file, text]) => [
        ['requirements.txt', 'Procfile'].includes(file) ? file : `web/${file}`,
        text,
      ]),
    )
    const { commands } = await recipeFor({ ...inFolder, 'web/mysite/settings.py': `${SETTINGS}STATIC_ROOT = 'x'` })
    expect(commands?.start).toBe(`${GUNICORN} --pythonpath web mysite.wsgi:application`)
    expect(commands?.build).toContain('python web/manage.py collectstatic')
  })

  test('with the settings for production, where manage.py names those for work', async () => {
    const { dockerfile, commands } = await recipeFor({
      'requirements.txt': 'django\ngunicorn',
      'manage.py': MANAGE.replace('mysite.settings', 'config.settings.local'),
      'config/wsgi.py': WSGI.replace('mysite.settings', 'config.settings.production'),
      'config/settings/__init__.py': '',
      'config/settings/base.py':
        "STATIC_ROOT = 'x'\nSECRET_KEY = env('SECRET')\nWSGI_APPLICATION = 'config.wsgi.application'\n",
      'config/settings/production.py': "from .base import *\nTOKEN = env('MAIL_TOKEN')\n",
    })
    expect(dockerfile).toContain('ENV DJANGO_SETTINGS_MODULE=config.settings.production')
    expect(commands?.build).toBe(
      `${given('SECRET', 'only-for-the-build')} ${given('MAIL_TOKEN', 'only-for-the-build')} ${given('DJANGO_SETTINGS_MODULE', 'config.settings.production')} python manage.py collectstatic --noinput`,
    )
  })

  test('with the production settings beside the local ones, where nothing names them', async () => {
    const tree = {
      'requirements.txt': 'django',
      'manage.py': MANAGE.replace('mysite.settings', 'mysite.settings.dev'),
      'mysite/wsgi.py': WSGI.replace('mysite.settings', 'mysite.settings.dev'),
      'mysite/settings/dev.py': '',
      'mysite/settings/prod.py': '',
    }
    expect((await recipeFor(tree)).dockerfile).toContain('ENV DJANGO_SETTINGS_MODULE=mysite.settings.prod')
  })
})

describe('ASGI is served', () => {
  test.each([
    [
      'where the settings say so',
      'django',
      `${SETTINGS}ASGI_APPLICATION = 'mysite.asgi.application'\n`,
      'uvicorn --host 0.0.0.0 --port $PORT mysite.asgi:application',
    ],
    [
      'by daphne',
      'django\nchannels[daphne]',
      `${SETTINGS}ASGI_APPLICATION = 'mysite.asgi.application'\n`,
      'daphne -b 0.0.0.0 -p $PORT mysite.asgi:application',
    ],
    [
      'where only its server was chosen',
      'django\nuvicorn',
      SETTINGS,
      'uvicorn --host 0.0.0.0 --port $PORT mysite.asgi:application',
    ],
    [
      'not where gunicorn was chosen as well',
      'django\nuvicorn\ngunicorn',
      SETTINGS,
      `${GUNICORN} mysite.wsgi:application`,
    ],
  ])('%s', async (_what, packages, settings, start) => {
    expect(await startOf({ ...site(settings), 'requirements.txt': packages })).toBe(start)
  })
})

describe('what would surprise is said', () => {
  test.each([
    ["ALLOWED_HOSTS = ['example.org']", /ALLOWED_HOSTS in mysite\/settings.py names no host/],
    ['ALLOWED_HOSTS = []', /ALLOWED_HOSTS/],
    ["MIDDLEWARE = ['django.middleware.csrf.CsrfViewMiddleware']", /SECURE_PROXY_SSL_HEADER/],
    ["DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}", /empty again after each deploy/],
  ])('about %s', async (line, note) => {
    const { notes } = await choose(site(`${line}\n`))
    expect(notes).toEqual([expect.stringMatching(note)])
  })

  test.each(["ALLOWED_HOSTS = ['*']", "ALLOWED_HOSTS = ['.example.org']", "ALLOWED_HOSTS = [os.environ['HOST']]"])(
    'but not about %s',
    async (line) => {
      expect((await choose(site(`${line}\n`))).notes).toEqual([])
    },
  )

  test('about static files that nobody would serve', async () => {
    const tree = {
      ...site("INSTALLED_APPS = ['django.contrib.staticfiles']\n"),
      'requirements.txt': 'django\ngunicorn',
    }
    expect((await choose(tree)).notes).toEqual([expect.stringMatching(/add whitenoise/)])
  })

  test('about migrations that nobody runs', async () => {
    const { notes } = await choose(site(SETTINGS, { Procfile: '' }))
    expect(notes).toEqual([expect.stringMatching(/^No release command: migrations are not run/)])
  })
})
