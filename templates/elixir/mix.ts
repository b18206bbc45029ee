import type { Source } from '../../server/templates/source.ts'

/** What is read of mix.exs, and of those of an umbrella's apps. It is code: only its usual form is understood. */
export type Mix = {
  /** `app:` of the project; undefined for an umbrella. */
  app: string | undefined
  isUmbrella: boolean
  /** The apps of an umbrella, by their folders. */
  folders: string[]
  /** Names of the releases that are configured. */
  releases: string[]
  /** Names of dependencies, of an umbrella's apps as well. */
  dependencies: Set<string>
  hasPathDependency: boolean
  /** Whether something is started: `mod: {Hello.Application, []}`. */
  startsSomething: boolean
  aliases: { assetsDeploy: boolean }
  /** The version of Elixir that is asked for. */
  elixir: string | undefined
}

/** Undefined without a mix.exs. */
export async function readMix(source: Source): Promise<Mix | undefined> {
  const top = withoutComments(await source.text('mix.exs'))
  if (top === undefined) return undefined
  const isUmbrella = /\bapps_path:/.test(top)
  const folders = isUmbrella ? source.find('apps/*/mix.exs').map((it) => it.slice(0, -'/mix.exs'.length)) : []
  const inner = await Promise.all(folders.map(async (it) => withoutComments(await source.text(`${it}/mix.exs`)) ?? ''))
  const all = [top, ...inner].join('\n')
  return {
    app: /\bapp:\s*:([a-z_]\w*)/.exec(top)?.[1],
    isUmbrella,
    folders,
    releases: releasesIn(top),
    dependencies: new Set([...all.matchAll(DEPENDENCY)].map(([, name = '']) => name)),
    hasPathDependency: /\bpath:\s*"/.test(all.replace(/\b(apps|build|config|deps)_path:|\block?file:/g, '')),
    startsSomething: /\bmod:\s*\{/.test(all),
    aliases: { assetsDeploy: /["']assets\.deploy["']:/.test(all) },
    elixir: /\belixir:\s*"([^"\n]{1,100})"/.exec(all)?.[1],
  }
}

/** `{:plug, "~> 1.0"}`, `{:app, in_umbrella: true}`, `{:lib, git: "…"}` */
const DEPENDENCY = /\{\s*:([a-z_]\w*)\s*,\s*(?=["~>[]|git:|github:|path:|in_umbrella:|only:|override:)/g

const withoutComments = (text: string | undefined) => text?.replace(/^[ \t]*#.*$/gm, '')

/** The keys of `releases: [hello: [...], worker: [...]]`, written there or in a function of that name. */
function releasesIn(text: string): string[] {
  const start = /\breleases:\s*\[|\bdefp?\s+releases(?:\(\))?\s+do\s*\[/.exec(text)
  if (!start) return []
  const names: string[] = []
  let depth = 1
  for (const [token, name] of text
    .slice(start.index + start[0].length)
    .matchAll(/\b([a-z_]\w{0,60}):(?=\s)|[[\](){}]/g)) {
    if (name !== undefined) {
      if (depth === 1) names.push(name)
    } else depth += '[({'.includes(token) ? 1 : -1
    if (depth === 0) break
  }
  return names
}
