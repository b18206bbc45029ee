import type { Rule } from './rule.ts'

/** Composer and Laravel. */
export const php: Rule[] = [
  {
    name: 'composer-lock-stale',
    stage: 'build',
    pattern:
      /Required package "(?<package>[^"\n]{1,100})" is not present in the lock file|lock file does not contain a compatible set of packages/,
    all: 'package',
    message: 'composer.lock is out of step with composer.json[[: {package}]].',
    hint: 'Run composer update --lock (or composer update for the packages named), and push composer.lock.',
  },
  {
    name: 'php-version',
    pattern:
      /requires php (?<wanted>[^\n]{1,40}?) but your php version \((?<got>[\d.]{1,12})|requires php (?<wanted>[^\n]{1,40}?) -> your php version|require a PHP version "(?<wanted>[^"\n]{1,20})"\. You are running (?<got>[\d.]{1,12})/,
    message: 'It wants PHP {wanted}, and another one is used.',
    hint: 'Ask for that version in composer.json ("require": { "php": "…" }), and push with the lock file. In a Dockerfile, change FROM.',
  },
  {
    name: 'php-extension',
    pattern:
      /requires (?:PHP extension )?ext-(?<extension>[\w-]{1,40}) [^\n]{0,20}(?:but it is missing|-> it is missing) from your system|Class "(?<extension>Redis|Imagick|IntlDateFormatter|ZipArchive|DOMDocument)" not found|could not find driver/,
    message: 'PHP lacks an extension that the app needs[[: {extension}]].',
    hint: 'Name it in composer.json ("require": { "ext-…": "*" }), or use a Dockerfile that installs it (docker-php-ext-install; for databases pdo_mysql, pdo_pgsql).',
  },
  {
    name: 'laravel-app-key',
    weight: 'cause',
    pattern:
      /No application encryption key has been specified|MissingAppKeyException|Unsupported cipher or incorrect key length/,
    message: 'Laravel has no APP_KEY, or one of the wrong length.',
    hint: 'Add the secret variable APP_KEY (php artisan key:generate --show makes one).',
  },
  {
    name: 'php-autoload',
    pattern:
      /Failed opening required '(?<file>[^'\n]{0,150}vendor\/autoload\.php)'|require\((?<file>[^)\n]{0,150}vendor\/autoload\.php)\): Failed to open stream/i,
    message: 'PHP finds no {file}: Composer’s packages were not installed.',
    hint: 'Push composer.json and composer.lock, and let the folder of the app be the one they lie in.',
  },
  {
    name: 'laravel-storage',
    pattern:
      /The stream or file "(?<file>[^"\n]{1,200})" could not be opened in append mode|The (?<file>[^\s]{1,200}bootstrap\/cache) directory must be present and writable/,
    message: 'Laravel may not write {file}.',
    hint: 'Add the variable LOG_CHANNEL=stderr; in a Dockerfile of yours, give storage and bootstrap/cache to the user that runs it (chown).',
  },
]
