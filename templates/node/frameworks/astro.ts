import path from 'node:path'
import { AppError } from '../../../server/errors.ts'
import { buildLine } from './build-script.ts'
import { block, folderIn, literal, readConfig, sets } from './config.ts'
import { type Family, madeForAnother, startedBy } from './family.ts'
import { site } from './site.ts'

const OTHER_HOSTS =
  /["'](@astrojs\/(?:vercel|netlify|cloudflare|deno)[\w/-]*|@deno\/astro-adapter|astro-sst[\w/-]*)["']/

/** core/app/node.js of Astro 5.14 and later: the address of a request is http://localhost until its host is allowed. */
const BELIEVES_NO_HOST =
  'Astro believes the host name of a request only when astro.config names it in security.allowedDomains: until then Astro.url is localhost, and forms are refused as coming from another site.'

/** docs.astro.build/en/guides/deploy and …/integrations-guide/node. */
export const astro: Family = async (app, start) => {
  if (app.dependencies.astro === undefined) return undefined
  const config = await readConfig(app.source, 'astro.config')
  const folder = folderIn(config, 'outDir') ?? 'dist'
  const base = literal(config, 'base')
  const build = buildLine(app, 'astro build')
  const caches = ['node_modules/.astro']
  const onNode = /@astrojs\/node|\bnode\(\s*\{/.test(config)
  const other = OTHER_HOSTS.exec(config)?.[1]
  if (other !== undefined && !onNode)
    throw madeForAnother(
      'Astro',
      other,
      'Use @astrojs/node in its place (npx astro add node), or none where all pages are prerendered.',
    )
  if (!onNode)
    return site(app, start, { name: 'Astro', build, folder, fallback: '404', base, immutable: ['_astro'], caches })
  const entry = path.posix.join(folder, 'server/entry.mjs')
  if (literal(block(config, 'node'), 'mode') === 'middleware' && start.kind !== 'server') throw listensToNothing()
  const started = startedBy(`node ${entry}`, start, /^node \S*server\/entry\.mjs$/)
  return {
    name: 'Astro (server)',
    build,
    ...started,
    port: 4321,
    env: { HOST: '0.0.0.0' },
    caches,
    ...(base && base !== '/' && { healthPath: base }),
    notes: [...(started.notes ?? []), ...(sets(config, 'allowedDomains') ? [] : [BELIEVES_NO_HOST])],
  }
}

const listensToNothing = () =>
  new AppError(
    'no_start_command',
    '@astrojs/node is in the mode middleware, which listens to nothing. Set mode: "standalone" in astro.config, or add a start script for the server around it.',
  )
