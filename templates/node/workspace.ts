import { listIn } from '../../server/templates/parts.ts'
import type { Source } from '../../server/templates/source.ts'
import type { PackageJson } from './app.ts'
import { allDependencies } from './install.ts'
import { readPackageJson } from './package-json.ts'
import { type Member, type Project, singlePackage } from './project.ts'

const MAX_MEMBERS = 300
const MAX_GLOBS = 100
/** Folders of members stand in the Dockerfile as they are. */
const PLAIN = /^[\w@.+/-]+$/

/** What is installed together with the package in `source`: the workspace it is the top of, or one above that names it. */
export async function readProject(source: Source, packageJson: PackageJson): Promise<Project> {
  const own = await membersOf(source)
  if (own.length > 0) return { top: source, folder: '', members: [{ folder: '', source, packageJson }, ...own] }
  for (const above of foldersAbove(source.folder)) {
    const top = await source.at(above)
    const folder = above === '' ? source.folder : source.folder.slice(above.length + 1)
    const members = await membersOf(top)
    const topJson = await readPackageJson(top)
    if (topJson && members.some((it) => it.folder === folder))
      return { top, folder, members: [{ folder: '', source: top, packageJson: topJson }, ...members] }
  }
  return singlePackage(source, packageJson)
}

/** The nearest first. */
function foldersAbove(folder: string): string[] {
  const parts = folder.split('/').filter(Boolean)
  return parts.map((_, at) => parts.slice(0, parts.length - 1 - at).join('/'))
}

/** The packages that a top names, in pnpm-workspace.yaml or package.json; none when it is no workspace. */
async function membersOf(top: Source): Promise<Member[]> {
  const globs = await globsOf(top)
  const wanted = globs.filter((it) => !it.startsWith('!'))
  const excluded = globs.filter((it) => it.startsWith('!')).map((it) => it.slice(1))
  const find = (list: string[]) => list.flatMap((glob) => top.find(`${glob}/package.json`))
  const without = new Set(find(excluded))
  const files = [...new Set(find(wanted))]
    .filter((file) => !without.has(file) && PLAIN.test(file))
    .slice(0, MAX_MEMBERS)
  return Promise.all(files.map(async (file) => memberIn(top, file.slice(0, -'/package.json'.length))))
}

async function memberIn(top: Source, folder: string): Promise<Member> {
  const source = await top.at([top.folder, folder].filter(Boolean).join('/'))
  return { folder, source, packageJson: (await readPackageJson(source)) ?? {} }
}

async function globsOf(top: Source): Promise<string[]> {
  const { packages } = (await top.yaml<{ packages?: unknown }>('pnpm-workspace.yaml')) ?? {}
  const { workspaces = [] } = (await readPackageJson(top)) ?? {}
  const globs = packages === undefined ? workspaces : listIn(packages).filter((it) => typeof it === 'string')
  return globs
    .slice(0, MAX_GLOBS)
    .map((it) => it.replace(/^(!?)\.\//, '$1').replace(/\/+$/, ''))
    .filter((it) => it !== '.' && it !== '')
}

/**
 * The app's package and, of its workspace, those it depends on, directly or not; what a package needs comes before it. An app
 * at the top may use them all.
 */
export function neededMembers({ members, folder }: Project): Member[] {
  if (folder === '') return members
  const found: Member[] = []
  const visiting = new Set<Member>()
  const visit = (member: Member | undefined) => {
    if (member === undefined || visiting.has(member)) return
    visiting.add(member)
    for (const name of Object.keys(allDependencies(member.packageJson)))
      visit(members.find((it) => it.packageJson.name === name))
    found.push(member)
  }
  visit(members.find((it) => it.folder === folder))
  return found
}

/** The folders of the packages that the app does without. */
export function unneededFolders(project: Project): string[] {
  const needed = neededMembers(project)
  return project.members.filter((it) => it.folder !== '' && !needed.includes(it)).map((it) => it.folder)
}
