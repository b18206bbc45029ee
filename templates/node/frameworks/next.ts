import path from 'node:path'
import type { App } from '../app.ts'
import { buildLine, buildText } from './build-script.ts'
import { literal, readConfig } from './config.ts'
import { type Family, startedBy } from './family.ts'
import { site } from './site.ts'
import type { Start } from './start-script.ts'

const NEXT = /^next start|standalone\/.*server\.js/

/** nextjs.org/docs/app/getting-started/deploying and …/api-reference/config/next-config-js/output. */
export const next: Family = async (app, start) => {
  if (app.dependencies.next === undefined) return undefined
  const config = await readConfig(app.source, 'next.config')
  const folder = literal(config, 'distDir') ?? '.next'
  const base = literal(config, 'basePath')
  const output = literal(config, 'output')
  const build = buildLine(app, 'next build')
  const caches = [`${folder}/cache`]
  if (output === 'export' || /\bnext export\b/.test(buildText(app))) {
    const out = output === 'export' && folder !== '.next' ? folder : 'out'
    return site(app, usually(start), { name: 'Next.js', build, folder: out, fallback: '404', base, caches })
  }
  const shared = { build, caches, port: 3000, env: { NEXT_TELEMETRY_DISABLED: '1' }, ...(base && { healthPath: base }) }
  const alone = output === 'standalone' && !(start.kind === 'server' && !NEXT.test(start.command))
  if (!alone) return { name: 'Next.js', ...shared, ...startedBy(app.exec('next start'), start, /^next start$/) }
  return {
    name: 'Next.js (standalone)',
    ...shared,
    ...startedBy(`node ${path.posix.join(app.folder, 'server.js')}`, start, NEXT),
    env: { ...shared.env, HOSTNAME: '0.0.0.0' },
    copy: standalone(app, folder),
    needsNodeModules: false,
  }
}

/** In a workspace Next puts its server below the same folders as the app has there, beside the packages it needs. */
function standalone({ folder, source }: App, out: string) {
  const inside = (it: string) => path.posix.join(folder, it)
  return [
    { from: `${out}/standalone`, to: '.' },
    { from: `${out}/static`, to: inside(`${out}/static`) },
    ...(source.find('public/**').length > 0 ? [{ from: 'public', to: inside('public') }] : []),
  ]
}

/** `next start` cannot serve an export (it says so): the script of the starter is no wish for a server. */
const usually = (start: Start): Start =>
  start.kind === 'server' && !start.own && /^next start/.test(start.command) ? { kind: 'none' } : start
