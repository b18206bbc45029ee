import { spawn } from 'node:child_process'
import path from 'node:path'

/**
 * `npm run dev`: the server, started anew when its files change, and Vite with reload before it. Vite hands the API on.
 * Both end together.
 */
const root = path.join(import.meta.dirname, '..')
const programs = [
  ['--watch', 'server/main.ts'],
  ['node_modules/vite/bin/vite.js', '--config', 'web/vite.config.ts'],
].map((args) => spawn(process.execPath, args, { cwd: root, stdio: 'inherit' }))

const end = (code: number | null) => {
  for (const program of programs) program.kill()
  process.exitCode = code ?? 1
}
for (const program of programs) program.once('exit', end)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end(0))
