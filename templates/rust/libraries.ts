import type { Source } from '../../server/templates/source.ts'

/** Debian's packages for crates that build on C libraries: to compile, and to run. */
const NEEDS: { crates: string[]; build: string[]; run: string[] }[] = [
  { crates: ['openssl-sys', 'native-tls', 'openssl'], build: ['pkg-config', 'libssl-dev'], run: ['libssl3'] },
  { crates: ['openssl-src'], build: ['make', 'perl'], run: [] },
  { crates: ['pq-sys'], build: ['libpq-dev'], run: ['libpq5'] },
  { crates: ['libsqlite3-sys', 'rusqlite'], build: ['pkg-config', 'libsqlite3-dev'], run: ['libsqlite3-0'] },
  { crates: ['mysqlclient-sys'], build: ['pkg-config', 'libmariadb-dev'], run: ['libmariadb3'] },
  { crates: ['rdkafka-sys', 'cmake'], build: ['cmake', 'make', 'g++', 'zlib1g-dev'], run: ['zlib1g'] },
  { crates: ['prost-build', 'tonic-build'], build: ['protobuf-compiler', 'libprotobuf-dev'], run: [] },
  { crates: ['clang-sys'], build: ['libclang-dev', 'clang'], run: [] },
  { crates: ['link-cplusplus', 'cxx-build'], build: ['g++'], run: ['libstdc++6'] },
]
/** Without a lock file the crates behind these are not known: they may bring OpenSSL. */
const MAY_NEED_OPENSSL = ['reqwest', 'sqlx', 'sea-orm', 'lettre', 'mongodb']

export type Libraries = { build: string[]; run: string[] }

/** What to install, by the crates in Cargo.lock, or by the direct dependencies where there is no lock file. */
export async function findLibraries(source: Source, dependencies: Set<string>): Promise<Libraries> {
  const locked = await readLock(source)
  const crates =
    locked ?? new Set([...dependencies, ...(MAY_NEED_OPENSSL.some((it) => dependencies.has(it)) ? ['openssl'] : [])])
  const needed = NEEDS.filter((it) => it.crates.some((crate) => crates.has(crate)))
  const sorted = (names: string[]) => [...new Set(names)].sort()
  return { build: sorted(needed.flatMap((it) => it.build)), run: sorted(needed.flatMap((it) => it.run)) }
}

async function readLock(source: Source): Promise<Set<string> | undefined> {
  const text = await source.text('Cargo.lock')
  return text === undefined ? undefined : new Set([...text.matchAll(/^name = "([^"]+)"/gm)].map((it) => it[1] ?? ''))
}
