import type { Rule } from './rule.ts'

/** pip, uv, Poetry, Pipenv, and what serves Python apps. */
export const python: Rule[] = [
  {
    name: 'python-lock-stale',
    stage: 'build',
    pattern:
      /(?:pyproject\.toml changed significantly since )?(?<lock>poetry\.lock) (?:was last generated|is not up to date)|Your (?<lock>Pipfile\.lock) \([^)\n]{1,80}\) is out of date|lockfile at `(?<lock>uv\.lock)` needs to be updated|Unable to find lockfile at `(?<lock>uv\.lock)`|(?<lock>pdm\.lock|Lock file) hash doesn't match/,
    message: '{lock} is missing, or out of step with what the project asks for.',
    hint: 'Lock again (poetry lock, pipenv lock, uv lock or pdm lock), and push the lock file.',
  },
  {
    name: 'python-version',
    stage: 'build',
    pattern:
      /requires a different Python: (?<got>[\d.]{1,12}) not in '?(?<wanted>[^'\n]{1,60})|Python version (?<got>[\d.]{1,12}) is not supported by the project \((?<wanted>[^)\n]{1,60})\)|interpreter resolved to Python (?<got>[\d.]{1,12}), which is incompatible with the project's Python requirement: `(?<wanted>[^`\n]{1,60})`|depends on Python(?<wanted>[<>=!~.,\d ]{1,40}), we can conclude|requires Python (?<wanted>[^\s,]{1,40}) but the running Python is (?<got>[\d.]{1,12})/i,
    message: 'It wants Python {wanted}, and another one is used.',
    hint: 'Write the version into .python-version (or requires-python in pyproject.toml), and push. In a Dockerfile, change FROM.',
  },
  {
    name: 'python-too-new',
    pattern: /No module named '(?<module>distutils|imp|cgi|pkg_resources|asyncore|telnetlib)'/,
    message: 'It uses {module}, which newer Pythons no longer have.',
    hint: 'Update the package that uses it, or write an older Python such as 3.11 into .python-version, and push.',
  },
  {
    name: 'pip-no-version',
    stage: 'build',
    pattern:
      /No matching distribution found for (?<package>[^\s]{1,100})|Because (?<package>[\w.-]{1,80}) was not found in the package registry/,
    message: 'There is no {package} for this Python and this machine.',
    hint: 'Check its name and version; a version may not support this Python yet (write another into .python-version).',
  },
  {
    name: 'pip-conflict',
    stage: 'build',
    pattern:
      /ERROR: ResolutionImpossible|ERROR: Cannot install [^\n]{1,200} because these package versions have conflicting dependencies|No solution found when resolving dependencies|version solving failed/,
    weight: 'vague',
    message: 'The versions that the Python project asks for do not fit together.',
    hint: 'The log names those that clash: loosen one of them, and push.',
  },
  {
    name: 'pip-build',
    stage: 'build',
    weight: 'vague',
    pattern:
      /Failed (?:to build|building wheel for) (?<package>[\w.-]{1,80})|metadata-generation-failed|Could not build wheels for (?<package>[\w., -]{1,80}),/,
    message: 'A Python package[[ ({package})]] has to be compiled, and that failed.',
    hint: 'Take a version that comes compiled for this Python, or use a Dockerfile that installs build-essential and the headers it needs.',
  },
  {
    name: 'python-module',
    pattern: /ModuleNotFoundError: No module named '(?<module>[^'\n]{1,120})'/,
    message: 'Python finds no module {module}.',
    hint: 'Add its package to requirements.txt or pyproject.toml, and push. If it is a file of yours, check the folder that the start command runs in.',
  },
  {
    name: 'gunicorn-app',
    stage: 'start',
    pattern:
      /Failed to find attribute '(?<what>[^'\n]{1,80})' in|Error loading ASGI app\. (?:Could not import module "(?<what>[^"\n]{1,120})"|Attribute "(?<what>[^"\n]{1,80})" not found in module)|Could not (?:locate a Flask application|import '(?<what>[^'\n]{1,80})')/,
    message: 'The server does not find the app that the start command names[[ ({what})]].',
    hint: 'Give a start command with the right module and name: gunicorn package.module:app, or uvicorn package.module:app --host 0.0.0.0 --port $PORT.',
  },
  {
    name: 'django-settings',
    weight: 'cause',
    pattern: /ImproperlyConfigured: Requested setting [A-Z_]{1,60}, but settings are not configured/,
    message: 'Django does not know which settings to use.',
    hint: 'Add the variable DJANGO_SETTINGS_MODULE, such as mysite.settings.',
  },
  {
    name: 'django-static',
    stage: 'build',
    pattern: /using the staticfiles app without having set the STATIC_ROOT setting/,
    message: 'Django cannot collect its static files: STATIC_ROOT is not set.',
    hint: 'Write STATIC_ROOT = BASE_DIR / "staticfiles" into the settings, and push.',
  },
]
