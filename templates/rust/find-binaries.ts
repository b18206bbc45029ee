import { listIn, partsIn, textsIn } from '../../server/templates/parts.ts'
import type { Source } from '../../server/templates/source.ts'

/** A program of a crate: its own name, its crate's, and the file it begins in. */
export type Binary = { name: string; crate: string; file: string; isMain: boolean }

/** What is read of a Cargo.toml. */
type Manifest = {
  name: string | undefined
  defaultRun: string | undefined
  autobins: boolean
  bin: { name?: string; path?: string }[]
  members: string[]
  exclude: string[]
  dependencies: string[]
}

export type Crates = {
  binaries: Binary[]
  defaultRun: string | undefined
  /** The names of all direct dependencies, of every crate whose program may be meant. */
  dependencies: Set<string>
  isWorkspace: boolean
}

/** Names reach commands as they are. */
const NAME = /^\w[\w.-]*$/
const MAX_MEMBERS = 60

/** The programs of the crate at the top; where it has none, those of the workspace's members (doc.rust-lang.org/cargo/reference/cargo-targets.html). */
export async function findBinaries(source: Source): Promise<Crates> {
  const top = await readManifest(source, 'Cargo.toml')
  const own = binariesOf(source, '', top)
  const members = own.length > 0 ? [] : await readMembers(source, top)
  const withPrograms = members.filter(([folder, manifest]) => binariesOf(source, folder, manifest).length > 0)
  const manifests = [top, ...withPrograms.map(([, manifest]) => manifest)]
  return {
    binaries: [...own, ...withPrograms.flatMap(([folder, manifest]) => binariesOf(source, folder, manifest))],
    defaultRun: manifests.map((it) => it.defaultRun).find((it) => it !== undefined),
    dependencies: new Set(manifests.flatMap((it) => it.dependencies)),
    isWorkspace: own.length === 0,
  }
}

async function readManifest(source: Source, file: string): Promise<Manifest> {
  const { package: own, bin, workspace, dependencies } = partsIn(await source.toml(file))
  const { name, 'default-run': defaultRun } = textsIn(own)
  const texts = (list: unknown) => listIn(list).filter((it) => typeof it === 'string')
  return {
    name,
    defaultRun,
    autobins: partsIn(own).autobins !== false,
    bin: listIn(bin).map(textsIn),
    members: texts(partsIn(workspace).members),
    exclude: texts(partsIn(workspace).exclude),
    dependencies: Object.keys(partsIn(dependencies)),
  }
}

async function readMembers(source: Source, { members, exclude }: Manifest): Promise<[string, Manifest][]> {
  const excluded = new Set(exclude)
  const files = members.slice(0, MAX_MEMBERS).flatMap((it) => source.find(`${it.replace(/^\.\/|\/$/g, '')}/Cargo.toml`))
  const folders = [...new Set(files)].map((it) => it.replace(/\/Cargo\.toml$/, '')).filter((it) => !excluded.has(it))
  return Promise.all(
    folders
      .slice(0, MAX_MEMBERS)
      .map(async (folder): Promise<[string, Manifest]> => [folder, await readManifest(source, `${folder}/Cargo.toml`)]),
  )
}

function binariesOf(source: Source, folder: string, manifest: Manifest): Binary[] {
  const crate = manifest.name
  if (crate === undefined) return []
  const at = (file: string) => (folder === '' ? file : `${folder}/${file}`)
  const found = (manifest.autobins ? usualFiles(source, folder) : []).map((file) => ({
    name: /src\/bin\/([^/]+?)(?:\/main)?\.rs$/.exec(file)?.[1] ?? crate,
    crate,
    file,
  }))
  const named = manifest.bin.map((it) => ({
    name: it.name ?? crate,
    crate,
    file: at(it.path ?? 'src/main.rs'),
  }))
  // a file that [[bin]] names is known by that name alone
  const files = new Set(named.map((it) => it.file))
  const all = [...named, ...found.filter((it) => !files.has(it.file) && !named.some(({ name }) => name === it.name))]
  return all
    .filter((it) => NAME.test(it.name) && NAME.test(it.crate))
    .map((it) => ({ ...it, isMain: it.file === at('src/main.rs') }))
}

function usualFiles(source: Source, folder: string): string[] {
  const start = folder === '' ? '' : `${folder}/`
  return ['src/main.rs', 'src/bin/*.rs', 'src/bin/*/main.rs'].flatMap((it) => source.find(`${start}${it}`))
}
