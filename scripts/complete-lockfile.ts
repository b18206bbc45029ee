/**
 * Adds to package-lock.json what npm left out because the registry it asked has no packages for other platforms.
 * Without them `npm ci` refuses the file, here and anywhere else: “Missing: @scope/name-darwin-arm64@ from lock file”.
 * Run after `npm install` on such a machine: node scripts/complete-lockfile.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

type Entry = {
  version?: string
  cpu?: string[]
  dev?: boolean
  devOptional?: boolean
  libc?: string[]
  optional?: boolean
  optionalDependencies?: Record<string, string>
  os?: string[]
}

const file = path.join(import.meta.dirname, '..', 'package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> }
const { packages } = lock

/** Node's own search: beside the package first, then in each folder above. */
function isLocked(from: string, name: string): boolean {
  if (`${from === '' ? '' : `${from}/`}node_modules/${name}` in packages) return true
  return from !== '' && isLocked(from.slice(0, Math.max(0, from.lastIndexOf('node_modules/') - 1)), name)
}

/** Such packages carry their platform in their name; npm skips them by these fields. */
function entryFor(name: string, range: string, { dev, devOptional }: Entry): Entry {
  const os = /\b(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)/.exec(name)?.[1]
  const cpu = /\b(arm64|arm|x64|ia32|loong64|mips64el|ppc64|riscv64|s390x|wasm32)(?![a-z\d])/.exec(name)?.[1]
  const libc = /musl/.test(name) ? 'musl' : /-gnu/.test(name) ? 'glibc' : undefined
  if (os === undefined && cpu === undefined && name !== 'fsevents') throw new Error(`${name}: unknown platform`)
  return {
    version: range.replace(/^[~^]/, ''),
    ...(cpu && { cpu: [cpu] }),
    ...(dev && { dev }),
    ...(devOptional && { devOptional }),
    ...(libc && { libc: [libc] }),
    optional: true,
    os: [os ?? (name === 'fsevents' ? 'darwin' : 'none')],
  }
}

let added = 0
for (const [from, entry] of Object.entries(packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(from, name)) continue
    packages[`node_modules/${name}`] = entryFor(name, range, entry)
    added += 1
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en')))
if (added > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} added`)
