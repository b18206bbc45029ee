/**
 * A line that starts an app, so that the shell gives its place to it: the app, and not a shell that knows nothing of it, is then
 * told to stop and can finish what it is at. A line of several commands, or with variables before, stays as it is.
 */
export function execLine(command: string): string {
  const isOneCommand = !/[;&|<>(){}\n`]/.test(command) && !/^\s*(exec\s|\w+=)/.test(command)
  return isOneCommand ? `exec ${command}` : command
}
