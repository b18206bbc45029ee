import type { App } from '../app.ts'

/**
 * The line that builds, with a program such as `vite build`: the script `build` where there is one, else the script that
 * calls the program, else the program itself.
 */
export function buildLine(app: App, program: string): string {
  const calls = Object.keys(app.scripts).find((name) => app.scripts[name]?.includes(program))
  const script = app.scripts.build !== undefined ? 'build' : calls
  return script === undefined ? app.exec(program) : app.run(script)
}

/** All that a build runs, as text: the build command or script, and the scripts it calls. */
export function buildText({ settings, scripts }: App): string {
  return (settings.buildCommand ?? textOf(scripts, 'build', new Set())).slice(0, 8000)
}

function textOf(scripts: Record<string, string>, name: string, seen: Set<string>): string {
  const text = scripts[name]
  if (text === undefined || seen.has(name)) return ''
  seen.add(name)
  const words = text.match(/[\w:.@/-]+/g) ?? []
  const called = words.filter(
    (it) => it !== name && scripts[it] !== undefined && /\b(run|run-s|run-p|yarn|pnpm|bun|npm)\b/.test(text),
  )
  return [text, ...called.map((it) => textOf(scripts, it, seen))].join('\n')
}

/** What must run before the build of tools that still use webpack 4, with any Node since 17 (OpenSSL 3 knows no MD4). */
export const legacyOpenssl = 'NODE_OPTIONS=--openssl-legacy-provider'

/** The major version that a range begins with: 18 of `^18.2.0`. Undefined for `latest`. */
export function major(range: string | undefined): number | undefined {
  const found = /(\d+)/.exec(range ?? '')?.[1]
  return found === undefined ? undefined : Number(found)
}
