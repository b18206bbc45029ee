import type { Source } from '../../server/templates/source.ts'

/** Debian packages: what installing the dependencies takes, and what the running app takes. */
export type SystemPackages = { install: string[]; run: string[] }

const TOOLCHAIN = ['python3', 'make', 'g++']
/**
 * Packages with native code that node-gyp compiles where no ready one can be had for this Node and machine. Those that npm
 * itself brings ready (sharp, esbuild, lightningcss, @node-rs/*) are not here.
 */
const COMPILED =
  '@discordjs/opus @mapbox/node-pre-gyp argon2 bcrypt better-sqlite3 better-sqlite3-multiple-ciphers bufferutil canvas couchbase cpu-features deasync farmhash fibers grpc gl hiredis i2c-bus iconv ibm_db isolated-vm kerberos leveldown libpq libxmljs libxmljs2 microtime modern-syslog mongodb-client-encryption node-expat node-gyp node-libcurl node-pty node-rdkafka node-sass nodegit odbc opencv4nodejs pg-native posix raw-socket re2 ref-napi ffi-napi robotjs scrypt serialport snappy sodium-native sqlite3 ssh2 tree-sitter unix-dgram usb utf-8-validate uws wrtc x11 zeromq zlib-sync'.split(
    ' ',
  )

const LIBRARIES: Record<string, SystemPackages> = {
  canvas: {
    install: ['pkg-config', 'libcairo2-dev', 'libpango1.0-dev', 'libjpeg-dev', 'libgif-dev', 'librsvg2-dev'],
    run: ['libcairo2', 'libpango-1.0-0', 'libpangocairo-1.0-0', 'libjpeg62-turbo', 'libgif7', 'librsvg2-2'],
  },
  'pg-native': { install: ['libpq-dev'], run: ['libpq5'] },
  libpq: { install: ['libpq-dev'], run: ['libpq5'] },
  // Prisma's engine looks for the machine's OpenSSL, which the slim image leaves out
  prisma: { install: ['openssl', 'ca-certificates'], run: ['openssl', 'ca-certificates'] },
  '@prisma/client': { install: ['openssl', 'ca-certificates'], run: ['openssl', 'ca-certificates'] },
}
const GIT: SystemPackages = { install: ['git', 'ca-certificates', 'openssh-client'], run: [] }
const IS_GIT = /^(git[+:@]|github:|gitlab:|bitbucket:|[\w-]+\/[\w.-]+(#|$))|\.git(#|$)/

/** @param dependencies of all kinds, name → wanted version, of every package that is installed */
export async function systemPackages(
  top: Source,
  dependencies: Record<string, string>,
  lock: string | undefined,
): Promise<SystemPackages> {
  const locked = await lockedPackages(top, lock)
  const has = (name: string) => Object.hasOwn(dependencies, name) || locked.has(name)
  const needed = [
    ...(COMPILED.some(has) ? [{ install: TOOLCHAIN, run: [] }] : []),
    ...Object.keys(LIBRARIES)
      .filter(has)
      .map((name) => LIBRARIES[name] ?? { install: [], run: [] }),
    ...(Object.values(dependencies).some((version) => IS_GIT.test(String(version))) ? [GIT] : []),
  ]
  return { install: all(needed.map((it) => it.install)), run: all(needed.map((it) => it.run)) }
}

const all = (lists: string[][]) => [...new Set(lists.flat())].sort()

/** How each lock file begins the entry of a package. */
const ENTRY =
  /^ {4}"(?:[^"]*\/)?node_modules\/(?<npm>(?:@[^/"]+\/)?[^/"]+)": \{|^"?(?<yarn>(?:@[^/"@]+\/)?[^/"@\s]+)@[^\n]*:$|^ {2}'?\/?(?<pnpm>(?:@[^/'@]+\/)?[^/'@\s]+)[@/]\d[^\n]*:$|^ {4}"(?<bun>(?:@[^/"]+\/)?[^/"]+)": \["/gm

/** The names in the lock file; none of one that is too large to be read, or binary. */
async function lockedPackages(top: Source, lock: string | undefined): Promise<Set<string>> {
  const text = lock === undefined || lock.endsWith('.lockb') ? '' : await readLock(top, lock)
  const names = [...text.matchAll(ENTRY)].map(({ groups = {} }) => Object.values(groups).find((it) => it !== undefined))
  const found = new Set(names.filter((it) => it !== undefined))
  if (isForMacOnly(text)) found.delete('node-gyp')
  return found
}

/** Yarn, since 2, locks node-gyp for whatever it would compile: for fsevents, too, which it never does on Linux. */
function isForMacOnly(lock: string): boolean {
  const compiled = lock.split('\n\n').filter((entry) => /^ {4}node-gyp: "npm:/m.test(entry))
  return compiled.length > 0 && compiled.every((entry) => entry.startsWith('"fsevents@'))
}

async function readLock(top: Source, lock: string): Promise<string> {
  const isUnreadable = (error: { code?: string }) => error.code === 'file_unsafe'
  return (
    (await top.text(lock).catch((error) => {
      if (isUnreadable(error)) return undefined
      throw error
    })) ?? ''
  )
}
