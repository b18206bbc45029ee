import { describe, expect, test } from 'vitest'
import { recipeFor, type Tree } from '../../support/tree.ts'

const FLASK = 'from flask import Flask\napp = Flask(__name__)\n'
const SERVES = "HTTPServer(('', int(os.environ['PORT'])), H).serve_forever()\n"
const needing = (packages: string, files: Tree): Tree => ({
  'requirements.txt': packages.replaceAll(' ', '\n'),
  ...files,
})

describe('what the user says', () => {
  const DJANGO_LIKE = needing('flask gunicorn', {
    'app.py': FLASK,
    Procfile: 'web: gunicorn -w 3 app:app\nrelease: flask db upgrade\n',
  })

  test('in a Procfile comes before what was found', async () => {
    const recipe = await recipeFor(DJANGO_LIKE)
    expect(recipe.commands).toMatchObject({ start: 'gunicorn -w 3 app:app', release: 'flask db upgrade' })
    expect(recipe.framework).toBe('Flask')
  })

  test('in the settings comes before the Procfile', async () => {
    const overrides = {
      startCommand: 'python other.py',
      releaseCommand: 'python migrate.py',
      installCommand: 'pip install flask',
    }
    const recipe = await recipeFor(DJANGO_LIKE, { overrides })
    expect(recipe.commands).toMatchObject({
      start: 'python other.py',
      release: 'python migrate.py',
      install: 'pip install flask',
    })
    expect(recipe.dockerfile).toMatch(/COPY src\/ \.\nRUN .*pip install flask/)
  })

  test.each([
    ['uv run --no-dev gunicorn app:app', 'gunicorn app:app'],
    ['pipenv run python app.py', 'python app.py'],
    ['uv run app.py', 'python app.py'],
    ['cd api && exec poetry run gunicorn app:app', 'cd api && exec gunicorn app:app'],
  ])('is run without the manager, which is not in the image: %s', async (web, start) => {
    const tree = needing('flask gunicorn', { 'app.py': FLASK, Procfile: `web: ${web}\nrelease: ${web}\n` })
    expect((await recipeFor(tree)).commands).toMatchObject({ start, release: start })
  })

  test('reaches the Dockerfile as a text, whatever is in it', async () => {
    const { dockerfile } = await recipeFor(
      { 'main.py': SERVES },
      { overrides: { startCommand: 'python main.py "a"\nRUN evil' } },
    )
    expect(dockerfile?.split('\n').at(-2)).toBe(
      `CMD ["/bin/sh", "-c", ${JSON.stringify('python main.py "a"\nRUN evil')}]`,
    )
  })
})
