/** How a script is called: by its package manager, perhaps with arguments of its own. */
const CALL =
  /^(?:npm|pnpm|yarn|bun)(?: (run|run-script))?(?: (?:-s|--silent))? ([\w:.-]+)(?: --)?((?: [^&|;<>()`$]*)?)$/
/** Words that are commands of the package managers themselves, where `run` is left out. */
const OWN_COMMANDS =
  /^(install|ci|add|exec|dlx|create|init|x|i|workspace|workspaces|why|config|set|rebuild|test|pm|start:)$/
const MANAGER = /(^|[\s;&|(])(npm|npx|pnpm|pnpx|yarn|bun|bunx)(\s|$)/
/** npm tells its scripts about the package by these. */
const TOLD_BY_NPM = /npm_(package|lifecycle|config)_/

/**
 * The line that a script call comes to, so that no package manager has to run beside the app: it costs memory for as long as the app runs, has to
 * be in the image, and stands between the app and its signals. `prestart` goes before, as npm runs it.
 */
export function withoutManager(line: string, scripts: Record<string, string>, depth = 0): string {
  const [, run, name = '', more = ''] = CALL.exec(line.trim()) ?? []
  const script = scripts[name]
  if (script === undefined || depth > 5 || TOLD_BY_NPM.test(script)) return line.trim()
  if (run === undefined && OWN_COMMANDS.test(name)) return line.trim()
  const body = joined(withoutManager(script, scripts, depth + 1), more)
  const before = scripts[`pre${name}`]
  if (before === undefined) return body
  return `(${withoutManager(before, scripts, depth + 1)}) && ${/[;|]|&(?!&)/.test(body) ? `(${body})` : body}`
}

const joined = (script: string, more: string) => (more.trim() === '' ? script : `${script} ${more.trim()}`)

/** Whether a line needs the package manager in the running image. */
export const callsManager = (line: string) => MANAGER.test(line)
