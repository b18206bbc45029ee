import type { Rule } from './rule.ts'

const INSIDE =
  'Inside its container localhost is the app itself. Give it the address of a database that it can reach, in the variable it reads (DATABASE_URL, REDIS_URL …).'

/** Databases that are not there, not let in, or not prepared. */
export const databases: Rule[] = [
  {
    name: 'build-database',
    stage: 'build',
    pattern:
      /ECONNREFUSED [^\s]{0,60}:(?<port>5432|3306|6379|27017|1433)\b|Can't reach database server at `?(?<address>[^`\s]{1,100})|connection to server at "(?<address>[^"\n]{1,100})"|SQLSTATE\[HY000\] \[2002\]|Can't connect to (?:local )?(?:MySQL )?server/,
    message: 'The build asks a database, and reaches none.',
    hint: 'A build runs before the app and should need no database: do migrations in the release command (settings), and render pages that read it when they are asked for.',
  },
  {
    name: 'database-refused',
    stage: 'start',
    pattern:
      /ECONNREFUSED (?<address>[^\s]{0,60}:(?:5432|3306|6379|27017|1433|9200|5672|11211))\b|dial tcp (?<address>[^\s]{1,80}:(?:5432|3306|6379|27017)): connect: connection refused|Can't reach database server at `?(?<address>[^`\s]{1,100})|connection to server at "(?<address>[^"\n]{1,100})"[^\n]{0,80}failed: (?:Connection refused|timeout)|Connection to (?<address>[\w.-]{1,80}:\d{2,5}) refused|SQLSTATE\[HY000\] \[2002\] Connection refused|Can't connect to (?:local )?(?:MySQL )?server (?:on|through) ['‘](?<address>[^'’\n]{1,100})|Error \d{1,4} connecting to (?<address>[\w.-]{1,80}:\d{2,5})|MongooseServerSelectionError|Connection refused[^\n]{0,60}(?<address>[\w.-]{1,80}:(?:5432|3306|6379|27017))/i,
    message: 'The app does not reach its database[[ at {address}]].',
    hint: INSIDE,
  },
  {
    name: 'database-host',
    stage: 'start',
    pattern:
      /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?<host>[\w.-]{1,100})|could not translate host name "(?<host>[^"\n]{1,100})"|lookup (?<host>[\w.-]{1,100})(?: on [\d.:]{1,40})?: no such host|php_network_getaddresses: getaddrinfo for (?<host>[\w.-]{1,100}) failed|Unknown MySQL server host '(?<host>[^'\n]{1,100})'|UnknownHostException: (?<host>[\w.-]{1,100})/,
    message: 'There is no host {host} for the app.',
    hint: 'Names of other services in a compose file do not exist here: give it an address that it can reach, in the variable it reads (DATABASE_URL, REDIS_URL …).',
  },
  {
    name: 'database-password',
    stage: 'start',
    pattern:
      /password authentication failed for user "(?<user>[^"\n]{1,60})"|Access denied for user '(?<user>[^'\n]{1,60})'@|MongoServerError: (?:bad auth|Authentication failed)|(?:WRONGPASS|NOAUTH) |P1000: Authentication failed/,
    message: 'The database refuses the user or the password[[ of {user}]].',
    hint: 'Correct them in the variable that holds the address; characters such as @ : / # in a password must be encoded there (%40 …).',
  },
  {
    name: 'database-missing',
    stage: 'start',
    pattern: /database "(?<database>[^"\n]{1,80})" does not exist|Unknown database '(?<database>[^'\n]{1,80})'|P1003: /,
    message: 'The database server has no database of that name[[ ({database})]].',
    hint: 'Create it there, or correct its name in the address.',
  },
  {
    name: 'tables-missing',
    stage: 'start',
    pattern:
      /relation "(?<table>[^"\n]{1,80})" does not exist|no such table: (?<table>[\w.]{1,80})|Table '(?<table>[^'\n]{1,80})' doesn't exist|The table `(?<table>[^`\n]{1,80})` does not exist|Migrations are pending; (?:to resolve this issue, )?run/,
    message: 'The database has no tables yet[[, such as {table}]].',
    hint: 'Let the release command (settings) run the migrations, such as npx prisma migrate deploy: it runs before a new version starts.',
  },
  {
    name: 'sqlite-folder',
    stage: 'start',
    pattern: /SQLITE_CANTOPEN|unable to open database file|SQLITE_READONLY|attempt to write a readonly database/,
    message: 'The app cannot open its SQLite database: the folder is missing, or not its own to write.',
    hint: 'Add a volume (settings, volumes), such as at /data, and put the file there: what lies elsewhere is gone with the next deploy.',
  },
]
