import type { Source } from './source.ts'

/** Files with which an app, or a part of one, begins. */
const MARKS = new Set(
  'package.json requirements.txt pyproject.toml Pipfile manage.py go.mod Gemfile composer.json pom.xml build.gradle build.gradle.kts Cargo.toml mix.exs deno.json deno.jsonc index.html index.php Dockerfile'.split(
    ' ',
  ),
)
/** Folders that have such files and hold no app that somebody wants to deploy. */
const NO_APP =
  /(^|\/)(\.[^/]+|tests?|__tests__|spec|examples?|fixtures|samples?|demos?|e2e|scripts|tools|vendor|templates)(\/|$)/
const MAX_FOLDERS = 20

/** Folders where an app may be, from the repository's top, at most two levels below this one; the outer of two nested. */
export function foldersWithApps({ files, folder: base }: Source): string[] {
  const marked = files
    .map((file) => file.split('/'))
    .filter((parts) => parts.length > 1 && parts.length <= 3 && MARKS.has(parts.at(-1) ?? ''))
    .map((parts) => parts.slice(0, -1).join('/'))
    .filter((folder) => !NO_APP.test(folder))
  const outer = [...new Set(marked)].filter((it) => !marked.some((other) => it.startsWith(`${other}/`)))
  return outer.slice(0, MAX_FOLDERS).map((it) => (base === '' ? it : `${base}/${it}`))
}
