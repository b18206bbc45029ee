import type { Source } from '../../server/templates/source.ts'
import { pickVersion, readToolVersion, readVersionFile } from '../../server/templates/versions.ts'

/** The lines of go.dev/dl that have an image. A newer Go runs what an older one ran (go.dev/doc/go1compat). */
const LINES = '1.19 1.20 1.21 1.22 1.23 1.24 1.25 1.26 1.27'.split(' ')
const NEWEST = '1.27'

/** Modules that wrap C: without cgo they fail when the app starts, or do not build. */
const NEEDS_CGO =
  /^[ \t]*(?:require[ \t]+)?(github\.com\/mattn\/go-sqlite3|gorm\.io\/driver\/sqlite|github\.com\/confluentinc\/confluent-kafka-go|github\.com\/(?:marcboeker|duckdb)\/go-duckdb|github\.com\/davidbyttow\/govips|github\.com\/h2non\/bimg|github\.com\/chai2010\/webp|github\.com\/gographics\/imagick|github\.com\/tursodatabase\/go-libsql)(?:\/v\d+)?\s/m

const FRAMEWORKS: [string, string][] = [
  ['github.com/gin-gonic/gin', 'Gin'],
  ['github.com/labstack/echo', 'Echo'],
  ['github.com/gofiber/fiber', 'Fiber'],
  ['github.com/go-chi/chi', 'chi'],
  ['github.com/beego/beego', 'Beego'],
  ['github.com/pocketbase/pocketbase', 'PocketBase'],
]

export type GoModule = { name: string; framework: string; cgo: string | undefined; tag: string; notes: string[] }

/** What go.mod says, or for a workspace all of them together: the module, its web framework, and the image to build with. */
export async function readModule(source: Source): Promise<GoModule> {
  const files = source.has('go.mod') ? ['go.mod', 'go.work'] : ['go.work', ...source.find('**/go.mod')]
  const text = (await Promise.all(files.map(async (file) => (await source.text(file)) ?? ''))).join('\n')
  const path = /^module\s+"?([^\s"]+)/m.exec(text)?.[1] ?? ''
  const framework = FRAMEWORKS.find(([name]) =>
    new RegExp(`^[ \\t]*(require[ \\t]+)?${name}[/\\s](?!.*// indirect)`, 'm').test(text),
  )
  return {
    name: nameOf(path),
    framework: framework === undefined ? 'Go' : `Go (${framework[1]})`,
    cgo: NEEDS_CGO.exec(text)?.[1],
    ...(await chooseTag(source, text)),
  }
}

/** As the go command names a program: the path's last part that is no version. */
const nameOf = (path: string) =>
  path
    .replace(/\/v\d+$/, '')
    .split('/')
    .at(-1)
    ?.replace(/[^\w.-]/g, '') || 'app'

/** `go` and `toolchain` are the least that will do; a version file is a wish for that one. */
async function chooseTag(source: Source, text: string): Promise<{ tag: string; notes: string[] }> {
  const pinned = (await readVersionFile(source, '.go-version')) ?? (await readToolVersion(source, 'golang', 'go'))
  const wanted = pinned?.replace(/^go(?=\d)/, '')
  const picked = await pickVersion(wanted, LINES)
  if (picked !== undefined) return { tag: tagOf(picked), notes: [] }
  const notes = wanted === undefined ? [] : [`Go ${wanted} is not known: Go ${NEWEST} is used.`]
  const least = Math.max(...[...text.matchAll(/^(?:go |toolchain go)1\.(\d+)/gm)].map((it) => Number(it[1])), 0)
  if (least > Number(NEWEST.slice(2))) notes.push(`go.mod asks for Go 1.${least}, which is fetched while building.`)
  return { tag: tagOf(NEWEST), notes }
}

/** The variant is named so that the C library is that of the final image; the tags of old lines do not have it. */
const tagOf = (version: string) => (Number(version.split('.')[1]) < 21 ? version : `${version}-bookworm`)
