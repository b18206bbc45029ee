import type { DjangoSettings } from './django-settings.ts'
import type { Packages } from './packages.ts'

/** What would surprise somebody whose Django ran with runserver so far. */
export function djangoNotes({ file, text }: DjangoSettings, { names }: Packages): string[] {
  const hosts = /^ALLOWED_HOSTS\s{0,9}(?::[^=\n]{1,80})?=\s{0,9}[[(]([^\])]{0,2000})[\])]/m.exec(text)?.[1]
  const knowsHost = hosts === undefined || /['"]\*['"]|['"]\./.test(hosts) || /env|config|getenv/i.test(hosts)
  const hasWhiteNoise = names.has('whitenoise') || text.includes('whitenoise')
  const isSqlite =
    text.includes('backends.sqlite3') && !/DATABASE_URL|backends\.(postgresql|mysql)|dj_database_url/.test(text)
  return [
    knowsHost
      ? ''
      : `ALLOWED_HOSTS in ${file} names no host that Slipway could use: Django answers 400 to all others. Add the app's address there, or read it from a variable.`,
    /CSRF_TRUSTED_ORIGINS|SECURE_PROXY_SSL_HEADER/.test(text) || !text.includes('CsrfViewMiddleware')
      ? ''
      : `Forms may be refused (403) behind HTTPS: set SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https') in ${file}.`,
    hasWhiteNoise || !text.includes('contrib.staticfiles')
      ? ''
      : 'Django serves no static files outside of runserver: add whitenoise to the dependencies and its middleware to the settings.',
    isSqlite
      ? 'The database is a file in the container and is empty again after each deploy. Put it on a volume, or use DATABASE_URL.'
      : '',
  ].filter((it) => it !== '')
}
