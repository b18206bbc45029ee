import { type Composer, providedBy, requirementsOf } from './composer.ts'

/** In the official image already; asking docker-php-ext-install for them would build them again or fail. */
const BUILT_IN = new Set(
  'core ctype curl date dom fileinfo filter hash iconv json libxml mbstring mysqlnd openssl pcre pdo pdo_sqlite phar posix random readline reflection session simplexml sodium spl sqlite3 standard tokenizer xml xmlreader xmlwriter zlib opcache zend-opcache'.split(
    ' ',
  ),
)

/** Extensions that come with PHP's sources → the packages they are built with. */
const CORE: Record<string, string> = {
  bcmath: '',
  bz2: 'libbz2-dev',
  calendar: '',
  dba: '',
  enchant: 'libenchant-2-dev',
  exif: '',
  ffi: 'libffi-dev',
  ftp: 'libssl-dev',
  gd: 'libfreetype-dev libjpeg-dev libpng-dev libwebp-dev',
  gettext: '',
  gmp: 'libgmp-dev',
  intl: 'libicu-dev',
  ldap: 'libldap-dev',
  mysqli: '',
  pcntl: '',
  pdo_mysql: '',
  pdo_pgsql: 'libpq-dev',
  pgsql: 'libpq-dev',
  shmop: '',
  snmp: 'libsnmp-dev',
  soap: 'libxml2-dev',
  sockets: '',
  sysvmsg: '',
  sysvsem: '',
  sysvshm: '',
  tidy: 'libtidy-dev',
  xsl: 'libxslt1-dev',
  zip: 'libzip-dev',
}

/** Extensions of pecl.php.net → the packages they are built with. */
const PECL: Record<string, string> = {
  amqp: 'librabbitmq-dev',
  apcu: '',
  ds: '',
  igbinary: '',
  imagick: 'libmagickwand-dev',
  memcached: 'libmemcached-dev libssl-dev zlib1g-dev',
  mongodb: 'libssl-dev',
  msgpack: '',
  redis: '',
  uuid: 'uuid-dev',
  yaml: 'libyaml-dev',
}

/** For install-extensions.sh. Every name is from the lists above: nothing of the repository reaches the Dockerfile. */
export type Extensions = { core: string[]; pecl: string[]; packages: string[] }

/** What is built into the image, and the names that nobody here knows. */
export function sortExtensions(names: string[]): { extensions: Extensions | undefined; unknown: string[] } {
  const wanted = [...new Set(names.map((it) => it.toLowerCase()))].filter((it) => !BUILT_IN.has(it)).sort()
  const core = wanted.filter((it) => Object.hasOwn(CORE, it))
  const pecl = wanted.filter((it) => Object.hasOwn(PECL, it))
  const packages = [...core.map((it) => CORE[it]), ...pecl.map((it) => PECL[it])].flatMap((it) => it?.split(' ') ?? [])
  return {
    extensions:
      core.length + pecl.length > 0
        ? { core, pecl, packages: [...new Set(packages)].filter(Boolean).sort() }
        : undefined,
    unknown: wanted.filter((it) => !core.includes(it) && !pecl.includes(it)),
  }
}

/** The extensions that the project or a package of its lock file asks for, without those that a polyfill stands in for. */
export function requiredExtensions(composer: Composer): string[] {
  const provided = providedBy(composer)
  return requirementsOf(composer)
    .map(([name]) => name)
    .filter((name) => name.startsWith('ext-') && !provided.has(name))
    .map((name) => name.slice('ext-'.length))
}
