type Scripts = Record<string, string>

/** `bun [run] [flags] name`; the name has no character that a shell would read. */
const RUN = /^(?:\w+=\S+\s+)*bun\s+((?:-\S+\s+)*)(?:run\s+)?((?:-\S+\s+)*)([\w@./-]+)$/

/** The file that a script runs with Bun and with nothing else, also by way of other scripts: `bun run serve`. */
export function fileRunBy(script: string | undefined, scripts: Scripts, depth = 0): string | undefined {
  const [assigned, , , name = ''] = RUN.exec(script?.trim() ?? '') ?? []
  if (assigned === undefined || depth > 5) return undefined
  if (Object.hasOwn(scripts, name)) return fileRunBy(scripts[name], scripts, depth + 1)
  return /\.[cm]?[jt]sx?$/.test(name) ? name.replace(/^\.\//, '') : undefined
}

/**
 * Whether Bun itself runs the app at the end of a command: `bun src/index.ts`, `bun run build && bun dist/server.js`. Not where
 * it runs the program of another: `bunx next start`, `bun --bun vite preview`.
 */
export function isRunByBun(command: string, scripts: Scripts, depth = 0): boolean {
  const last = command.split(/&&|;/).at(-1)?.trim() ?? ''
  const [, name = ''] =
    /^(?:exec\s+)?(?:\w+=\S+\s+)*bun\s+(?:-\S+\s+)*(?:run\s+)?(?:-\S+\s+)*([\w@./-]+)/.exec(last) ?? []
  if (depth < 5 && Object.hasOwn(scripts, name)) return isRunByBun(scripts[name] ?? '', scripts, depth + 1)
  return /\.[cm]?[jt]sx?$/.test(name) || /^\.{0,2}\/?(\w[\w-]*\/)+\w[\w-]*$|^\.$/.test(name)
}
