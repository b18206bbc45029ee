import { describe, expect, test } from 'vitest'
import type { EnvVariable } from '../../../server/db/deployments.ts'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const env = (variables: Record<string, string>): EnvVariable[] =>
  Object.entries(variables).map(([key, value]) => ({ key, value, secret: false, buildTime: true }))

const dockerfileOf = async (...it: Parameters<typeof recipeFor>) => (await recipeFor(...it)).dockerfile ?? ''
const versionOf = async (tree: Tree) => /^FROM php:(\S+)-apache/m.exec(await dockerfileOf(tree))?.[1]
const coreOf = async (...it: Parameters<typeof recipeFor>) =>
  /CORE="([^"]*)"/.exec(await dockerfileOf(...it))?.[1] ?? ''

const composer = (more: object = {}) => ({ name: 'acme/app', type: 'project', require: { php: '^8.2' }, ...more })
const PROJECT: Tree = { 'composer.json': composer(), 'composer.lock': { packages: [] }, 'public/index.php': '<?php' }
const LARAVEL: Tree = {
  'composer.json': composer({ require: { php: '^8.2', 'laravel/framework': '^12.0' } }),
  'composer.lock': { packages: [{ name: 'laravel/framework', require: { php: '^8.2', 'ext-mbstring': '*' } }] },
  artisan: '',
  'bootstrap/app.php': "<?php ->withRouting(health: '/up')",
  'public/index.php': '<?php',
  'public/.htaccess': 'RewriteEngine On',
  'routes/web.php': '<?php',
}
const SYMFONY: Tree = {
  'composer.json': composer({
    require: { php: '>=8.2', 'symfony/framework-bundle': '7.3.*' },
    scripts: { 'post-install-cmd': ['@auto-scripts'] },
  }),
  'composer.lock': { packages: [] },
  '.env': 'APP_ENV=dev\nDATABASE_URL="postgresql://app@127.0.0.1/app"\n',
  'bin/console': '',
  'public/index.php': '<?php',
}

describe('pages without Composer', () => {
  test('are served from the top, and nothing is installed', async () => {
    const { recipe, notes } = await choose({ 'index.php': '<?php echo 1;', 'about.php': '<?php' })
    expect(recipe).toMatchObject({
      template: 'php',
      framework: 'PHP',
      port: 8080,
      healthPath: '/',
      commands: { start: 'apache2-foreground' },
    })
    expect(notes).toEqual([])
    expect(recipe.commands).not.toHaveProperty('install')
    await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/php.Dockerfile')
  })

  test('from the usual folder where the top has none, and from the top where both have one', async () => {
    for (const folder of ['public', 'web', 'www', 'htdocs'])
      expect(await dockerfileOf({ [`${folder}/index.php`]: '' })).toContain(`DOCUMENT_ROOT=/var/www/html/${folder} `)
    const both = await dockerfileOf({ 'index.php': '', 'web/index.php': '' })
    expect(both).toContain('DOCUMENT_ROOT=/var/www/html ')
  })

  test('a page of HTML with a form in PHP is theirs, too, and not a mere folder of files', async () => {
    expect(await recipeFor({ 'index.html': '', 'contact.php': '' })).toMatchObject({
      template: 'php',
      framework: 'PHP',
    })
  })

  test('get the extensions that they call', async () => {
    const tree = {
      'index.php': '<?php $db = new mysqli("db"); $x = imagecreatetruecolor(1, 1);',
      'lib/archive.php': '<?php new ZipArchive;',
    }
    expect(await coreOf(tree)).toBe('gd mysqli zip')
    expect(await dockerfileOf(tree)).toContain(
      'PACKAGES="libfreetype-dev libjpeg-dev libpng-dev libwebp-dev libzip-dev"',
    )
  })

  test('do not show what is no page when all of the repository is served', async () => {
    expect(await dockerfileOf({ 'index.php': '' })).toContain('private-files.conf')
    expect(await dockerfileOf({ 'public/index.php': '' })).not.toContain('private-files.conf')
  })

  test('the folder that is asked for wins', async () => {
    const dockerfile = await dockerfileOf(
      { 'index.php': '', 'site/index.php': '' },
      { overrides: { outputDir: 'site' } },
    )
    expect(dockerfile).toContain('DOCUMENT_ROOT=/var/www/html/site ')
  })
})

describe('a project with Composer', () => {
  test('installs from the manifests before the sources come, and serves public/ with its front controller', async () => {
    const { recipe, notes } = await choose(PROJECT)
    expect(recipe).toMatchObject({
      framework: 'PHP (Composer)',
      commands: { install: expect.stringContaining('composer install --no-dev'), start: 'apache2-foreground' },
    })
    expect(notes).toEqual([])
    const dockerfile = recipe.dockerfile ?? ''
    expect(dockerfile.split('COPY src/ .')).toEqual([expect.stringContaining('composer install'), expect.anything()])
    expect(dockerfile).toContain('FRONT_CONTROLLER=/index.php')
  })

  test('rules of its own in .htaccess, or several pages, do without a front controller', async () => {
    for (const file of ['public/.htaccess', 'public/other.php'])
      expect(await dockerfileOf({ ...PROJECT, [file]: '' })).toContain('FRONT_CONTROLLER=disabled')
  })

  test('without a lock file it says what that means', async () => {
    const { notes } = await choose({ 'composer.json': composer(), 'public/index.php': '' })
    expect(notes).toEqual([expect.stringMatching(/no composer\.lock.*Commit it/)])
  })

  test('gets the extensions that it and its packages ask for, without what is built in or provided by a polyfill', async () => {
    const tree = {
      ...PROJECT,
      'composer.json': composer({
        require: { php: '^8.2', 'ext-json': '*', 'ext-intl': '*', 'ext-zend-opcache': '*' },
      }),
      'composer.lock': {
        packages: [
          { name: 'a/b', require: { 'ext-gmp': '*', 'ext-redis': '*', 'ext-uuid': '*', 'ext-libxml': '*' } },
          { name: 'symfony/polyfill-uuid', provide: { 'ext-uuid': '*' } },
        ],
        'packages-dev': [{ name: 'c/d', require: { 'ext-soap': '*' } }],
      },
    }
    expect(await dockerfileOf(tree)).toContain('CORE="gmp intl" PECL="redis" PACKAGES="libgmp-dev libicu-dev"')
  })

  test('an extension that nobody knows is named, and its name stays out of the Dockerfile', async () => {
    const tree = { ...PROJECT, 'composer.json': composer({ require: { 'ext-foo"; RUN evil': '*' } }) }
    const { recipe, notes } = await choose(tree)
    expect(recipe.dockerfile).not.toContain('evil')
    expect(notes).toEqual([expect.stringContaining('foo')])
  })

  test('packages that lie in the repository need the sources first', async () => {
    const json = composer({ repositories: [{ type: 'path', url: './packages/*' }] })
    const dockerfile = await dockerfileOf({ ...PROJECT, 'composer.json': json })
    expect(dockerfile.split('COPY src/ .')[1]).toContain('composer install')
  })

  test('a Procfile of Heroku names the folder, not a program', async () => {
    const tree = {
      ...PROJECT,
      Procfile: 'web: vendor/bin/heroku-php-apache2 htdocs/\nrelease: php migrate.php',
      'htdocs/index.php': '',
    }
    const { recipe, notes } = await choose(tree)
    expect(recipe.commands).toMatchObject({ start: 'apache2-foreground', release: 'php migrate.php' })
    expect(recipe.dockerfile).toContain('DOCUMENT_ROOT=/var/www/html/htdocs ')
    expect(notes.join()).toContain('Apache serves htdocs in')
  })

  test('another start command is told to stop in the usual way', async () => {
    const dockerfile = await dockerfileOf(PROJECT, { overrides: { startCommand: 'php -S 0.0.0.0:$PORT' } })
    expect(dockerfile).toContain('STOPSIGNAL SIGTERM\nCMD ["/bin/sh", "-c", "exec php -S 0.0.0.0:$PORT"]')
    expect(await dockerfileOf(PROJECT)).not.toContain('STOPSIGNAL')
  })
})

describe('the version of PHP', () => {
  test.each([
    ['the default when nothing is said', { 'index.php': '' }, '8.4'],
    [
      'the default where a range admits it',
      { ...PROJECT, 'composer.json': composer({ require: { php: '>=7.2' } }) },
      '8.4',
    ],
    [
      'a lower one where the range ends',
      { ...PROJECT, 'composer.json': composer({ require: { php: '>=8.1,<8.4' } }) },
      '8.3',
    ],
    ['Composer’s tilde', { ...PROJECT, 'composer.json': composer({ require: { php: '~8.1' } }) }, '8.4'],
    ['Composer’s single bar', { ...PROJECT, 'composer.json': composer({ require: { php: '7.4.*|8.1.*' } }) }, '8.1'],
    [
      'one that every package admits',
      { ...PROJECT, 'composer.lock': { packages: [{ name: 'a/b', require: { php: '~8.1.0 || ~8.2.0' } }] } },
      '8.2',
    ],
    [
      'the platform that Composer was told',
      { ...PROJECT, 'composer.json': composer({ config: { platform: { php: '8.1.27' } } }) },
      '8.1',
    ],
    ['that of .php-version, exactly', { ...PROJECT, '.php-version': '8.3.12\n' }, '8.3.12'],
    ['that of .tool-versions', { ...PROJECT, '.tool-versions': 'php 8.5\n' }, '8.5'],
  ])('%s', async (_what, tree, version) => {
    expect(await versionOf(tree as Tree)).toBe(version)
  })

  test('one that there is no image of is said', async () => {
    const { recipe, notes } = await choose({ ...PROJECT, 'composer.json': composer({ require: { php: '^5.6' } }) })
    expect(recipe.dockerfile).toContain('FROM php:8.4-apache')
    expect(notes).toEqual(['No PHP from 7.4 to 8.5 is ^5.6: PHP 8.4 is used.'])
  })
})

describe('frameworks', () => {
  test('Laravel keeps its code from itself, makes its caches when it starts, and answers on /up', async () => {
    const { recipe, notes } = await choose(LARAVEL)
    expect(recipe).toMatchObject({ framework: 'Laravel', port: 8080, healthPath: '/up' })
    expect(recipe.commands.start).toBe('php artisan optimize || php artisan optimize:clear; exec apache2-foreground')
    expect(recipe.commands).not.toHaveProperty('build')
    expect(notes).toEqual([
      expect.stringContaining('APP_KEY'),
      expect.stringContaining('DB_CONNECTION'),
      expect.stringContaining('php artisan migrate --force'),
    ])
    await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/php-laravel.Dockerfile')
  })

  test('Laravel with a package.json is one app: its assets are built beside PHP and the packages', async () => {
    const tree = {
      ...LARAVEL,
      'package.json': { private: true, scripts: { build: 'vite build', dev: 'vite' }, devDependencies: { vite: '^7' } },
      'package-lock.json': {},
      'vite.config.js': '',
    }
    const recipe = await recipeFor(tree)
    expect(recipe).toMatchObject({ template: 'php', framework: 'Laravel', commands: { build: 'npm run build' } })
    await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/php-laravel-vite.Dockerfile')
  })

  test('Laravel gets the driver of the database that the variables or the example of them name', async () => {
    expect(await coreOf(LARAVEL, { env: env({ DB_CONNECTION: 'pgsql' }) })).toBe('bcmath pdo_pgsql')
    expect(await coreOf({ ...LARAVEL, '.env.example': 'DB_CONNECTION=mysql\n' })).toBe('bcmath pdo_mysql')
    expect(await dockerfileOf(LARAVEL, { env: env({ CACHE_STORE: 'redis' }) })).toContain('PECL="redis"')
  })

  test('a Procfile that starts it by itself is obeyed, beside a package.json, too', async () => {
    const tree = {
      ...LARAVEL,
      Procfile: 'web: php artisan serve --host=0.0.0.0 --port=$PORT\n',
      'package.json': { scripts: { build: 'vite build', dev: 'vite' } },
    }
    expect(await recipeFor(tree)).toMatchObject({
      template: 'php',
      commands: { start: 'php artisan serve --host=0.0.0.0 --port=$PORT' },
    })
  })

  test('what is set is not asked for', async () => {
    const set = env({ APP_KEY: 'base64:x', DB_CONNECTION: 'mysql' })
    const { notes } = await choose(LARAVEL, { env: set, overrides: { releaseCommand: 'php artisan migrate --force' } })
    expect(notes).toEqual([])
  })

  test('Symfony takes its .env along, clears its cache while building, and may write to var/ alone', async () => {
    const { recipe } = await choose(SYMFONY)
    expect(recipe).toMatchObject({
      framework: 'Symfony',
      commands: { build: 'composer run-script --no-dev post-install-cmd' },
      extraFiles: { 'src/.env': expect.stringContaining('DATABASE_URL') },
    })
    await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/php-symfony.Dockerfile')
  })

  test('Symfony compiles its asset map, and installs packages of vendor/ where vendor/ is', async () => {
    expect((await recipeFor({ ...SYMFONY, 'importmap.php': '' })).commands.build).toMatch(/asset-map:compile$/)
    const tree = {
      ...SYMFONY,
      'package.json': {
        scripts: { build: 'encore production' },
        devDependencies: { '@symfony/ux-turbo': 'file:vendor/symfony/ux-turbo/assets' },
      },
    }
    const recipe = await recipeFor(tree)
    expect(recipe.commands.build).toMatch(/^npm install.* && npm run build && composer/)
    expect(recipe.dockerfile).not.toContain('node-dependencies')
    const bare = { ...SYMFONY, 'composer.json': composer({ require: { 'symfony/framework-bundle': '7.3.*' } }) }
    expect((await recipeFor(bare)).commands.build).toBe('php bin/console cache:clear')
  })

  test.each<[string, Tree, string]>([
    ['WordPress', { 'index.php': '', 'wp-includes/version.php': '', 'wp-config.php': '' }, '/var/www/html '],
    [
      'WordPress (Bedrock)',
      { 'composer.json': composer({ require: { 'roots/wordpress': '6' } }), 'web/index.php': '' },
      '/var/www/html/web ',
    ],
    [
      'Slim',
      { 'composer.json': composer({ require: { 'slim/slim': '^4' } }), 'public/index.php': '' },
      '/var/www/html/public ',
    ],
    [
      'CodeIgniter',
      { 'composer.json': composer({ require: { 'codeigniter4/framework': '^4' } }), 'public/index.php': '' },
      '/var/www/html/public ',
    ],
    ['CodeIgniter 3', { 'index.php': '', 'system/core/CodeIgniter.php': '' }, '/var/www/html '],
    [
      'Drupal',
      {
        'composer.json': composer({
          require: { 'drupal/core-recommended': '^11' },
          extra: { 'drupal-scaffold': { locations: { 'web-root': 'docroot/' } } },
        }),
      },
      '/var/www/html/docroot ',
    ],
  ])('%s', async (name, tree, root) => {
    const recipe = await recipeFor(tree)
    expect(recipe.framework).toBe(name)
    expect(recipe.dockerfile).toContain(`DOCUMENT_ROOT=${root}`)
    expect(recipe.dockerfile).toContain('FRONT_CONTROLLER=/index.php')
  })
})

describe('a question, where it is not clear what is served', () => {
  test.each<[string, Tree, RegExp]>([
    [
      'a library',
      { 'composer.json': { name: 'acme/lib', autoload: {} }, 'src/Thing.php': '' },
      /composer\.json of a library.*no index\.php/,
    ],
    ['scripts without a page', { 'import.php': '', 'README.md': '' }, /PHP files, but no index\.php/],
    ['a theme of WordPress', { 'index.php': '', 'style.css': '/*\nTheme Name: Dusk\n*/' }, /theme of WordPress/],
    [
      'a plugin of WordPress',
      { 'seo.php': '<?php\n/**\n * Plugin Name: SEO\n */', 'readme.txt': '' },
      /plugin of WordPress/,
    ],
  ])('%s', async (_what, tree, message) => {
    await expect(recipeFor(tree)).rejects.toMatchObject({
      code: 'no_start_command',
      message: expect.stringMatching(message),
    })
  })

  test('a folder that leads out of the app is refused', async () => {
    const scaffold = { extra: { 'drupal-scaffold': { locations: { 'web-root': '../up' } } } }
    const tree = { 'composer.json': composer({ require: { 'drupal/core-recommended': '^11' }, ...scaffold }) }
    await expect(recipeFor(tree)).rejects.toMatchObject({ code: 'settings_invalid' })
  })

  test('tools in PHP do not make an app of Node one of PHP', async () => {
    const tree = {
      'composer.json': composer({ type: 'library' }),
      'package.json': { scripts: { start: 'node server.js' } },
      'server.js': '',
    }
    expect(await recipeFor(tree)).toMatchObject({ template: 'node' })
  })
})
