#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * `slipway …` in a checkout: the built client, which starts in a fifth of the time, unless a source is newer. On a machine
 * with an older Node it is run by the Node 24 that came with the dependencies.
 */
const NODE = 24
const folder = path.dirname(fileURLToPath(import.meta.url))
const built = path.join(folder, '..', 'dist', 'cli', 'slipway.mjs')
const entry = existsSync(built) && changedAt(built) >= newestSource() ? built : path.join(folder, 'main.ts')

if (Number(process.versions.node.split('.')[0]) >= NODE) await import(pathToFileURL(entry).href)
else runWith(findNode())

/** The client shares code with the server and the admin page. */
function newestSource() {
  const sources = ['cli', 'server', 'web/src'].flatMap((it) => sourcesIn(path.join(folder, '..', it)))
  return Math.max(...sources.map(changedAt))
}

function sourcesIn(parent) {
  const names = readdirSync(parent, { recursive: true }).filter((it) => it.endsWith('.ts'))
  return names.map((it) => path.join(parent, it))
}

function changedAt(file) {
  return statSync(file).mtimeMs
}

function findNode() {
  try {
    return path.join(path.dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node')
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    process.stderr.write(`error: slipway needs Node ${NODE}. Run npm ci in ${path.dirname(folder)}, or install it.\n`)
    process.exit(1)
  }
}

/** A signal to this process alone, as CI sends it, is meant for the client. */
function runWith(node) {
  const child = spawn(node, [entry, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}
