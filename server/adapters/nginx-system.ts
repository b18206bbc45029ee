import { glob, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { AppError } from '../errors.ts'
import { askStatus, isRefused } from './nginx-ask.ts'
import type { Engine, Setup } from './nginx-engine.ts'
import { listConfs, readIfThere, writeWhole } from './nginx-files.ts'
import { runNginx, testConfiguration } from './nginx-program.ts'
import { readPages } from './nginx-render.ts'
import { masterOf } from './nginx-workers.ts'

/**
 * The distribution's nginx, which includes our folder. As root we test and reload it; otherwise a file asks a root
 * helper (a systemd path unit) for `nginx -t && nginx -s reload`, and our own files are tested before in a wrapper.
 */
export function createSystemEngine(setup: Setup): Engine {
  const { bin, dir } = setup
  const conf = path.join(dir, '00-slipway.conf')
  const asCommand = (setup.reloadBy ?? (process.getuid?.() === 0 ? 'command' : 'request')) === 'command'
  const main = setup.systemConf ?? '/etc/nginx/nginx.conf'
  const mainArgs = setup.systemConf === undefined ? [] : ['-c', setup.systemConf]

  const trial = async (files: string[]) => {
    const scratch = await mkdtemp(path.join(tmpdir(), 'slipway-nginx-'))
    try {
      const copies = await copyOnFreePort([conf, ...files], scratch, setup.httpPort)
      const wrapper = path.join(scratch, 'nginx.conf')
      const ours = (await readIfThere(path.join(scratch, path.basename(conf)))) ?? ''
      const values = {
        ...setup.values,
        dir: scratch,
        includes: [...copies.values()],
        hashBucketSize: !ours.includes('server_names_hash_bucket_size'),
        hashMaxSize: !ours.includes('server_names_hash_max_size'),
      }
      await writeFile(wrapper, await setup.render('trial.conf.njk', values))
      return nameOriginals(await testConfiguration(bin, ['-c', wrapper, '-p', `${scratch}/`]), copies)
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  }

  return {
    conf,
    mayEndWorkers: false,
    trial,

    async master() {
      const status = await askStatus({ port: setup.httpPort, host: setup.values.statusHost, token: setup.token })
      return status && (await masterOf(status.worker))
    },

    async prepare() {
      await mkdir(dir, { recursive: true })
      const theirs = await readDistribution(main, dir)
      if (theirs !== undefined && !theirs.includesUs) throw notIncluded(dir, main)
      const text = await setup.render('system.conf.njk', {
        ...setup.values,
        token: setup.token,
        generationFile: setup.generationFile,
        hashBucketSize: !theirs?.text.match(/(?<=^|[\s;{}])server_names_hash_bucket_size\s/),
        hashMaxSize: !theirs?.text.match(/(?<=^|[\s;{}])server_names_hash_max_size\s/),
        catchAll: setup.domain === undefined ? '' : `*.${setup.domain}`,
        pages: await readPages(),
      })
      if ((await readIfThere(conf)) === text) return false
      await writeWhole(conf, text, 0o600)
      return true
    },

    test: async () => (asCommand ? testConfiguration(bin, mainArgs) : trial(await listConfs(dir, conf))),

    state: async () => ((await isRefused(setup.httpPort)) ? 'down' : 'up'),

    drainingOrphans: async () => [],

    async load() {
      if (!asCommand) return writeWhole(path.join(dir, 'reload-request'), `${new Date().toISOString()}\n`)
      const { code, stderr } = await runNginx(bin, ['-s', 'reload', ...mainArgs])
      if (code === 0) return
      const message = `nginx could not be reloaded; is it running? (systemctl start nginx)`
      throw new AppError('nginx_unreachable', message, { hint: stderr.trim().slice(-500) })
    },

    /** The distribution's nginx is not ours to stop. */
    stop: async () => undefined,
  }
}

const notIncluded = (dir: string, main: string) =>
  new AppError('nginx_rejected', `nginx does not read ${dir}; add “include ${dir}/*.conf;” to http { } in ${main}`)

/**
 * `nginx -t` binds what it finds, and binding port 80 needs root. The copies listen on a port that does not; that it may
 * be in use is nothing to a test.
 */
async function copyOnFreePort(files: string[], scratch: string, port: number): Promise<Map<string, string>> {
  const listen = new RegExp(`^(?<before>\\s*listen (?:\\[::\\]:)?)${port}(?=[ ;])`, 'gm')
  const copies = new Map<string, string>()
  for (const file of files) {
    const text = await readIfThere(file)
    if (text === undefined) continue
    const copy = path.join(scratch, path.basename(file))
    await writeFile(copy, port < 1024 ? text.replace(listen, `$<before>${port + 50_000}`) : text, { mode: 0o600 })
    copies.set(file, copy)
  }
  return copies
}

function nameOriginals<T extends { message: string; file?: string }>(result: T, copies: Map<string, string>): T {
  const found = [...copies].find(([, copy]) => copy === result.file)
  return found ? { ...result, file: found[0], message: result.message.replace(found[1], found[0]) } : result
}

/**
 * The distribution's configuration with its includes, without our folder. Undefined when it cannot be read.
 * A second server_names_hash_* in http { } would be an error, so we must know what is set there.
 */
async function readDistribution(main: string, dir: string) {
  let includesUs = false
  const seen = new Set<string>()
  const read = async (file: string): Promise<string> => {
    if (seen.has(file)) return ''
    seen.add(file)
    if (path.dirname(file) === dir) {
      includesUs = true
      return ''
    }
    const text = ((await readIfReadable(file)) ?? '').replace(/#.*$/gm, '')
    const parts = [text]
    for (const [, pattern = ''] of text.matchAll(/(?<=^|[\s;{}])include\s+["']?([^\s"';]+)["']?\s*;/g)) {
      const absolute = path.resolve(path.dirname(main), pattern)
      if (path.dirname(absolute) === dir) includesUs = true
      else for await (const found of glob(absolute)) parts.push(await read(found))
    }
    return parts.join('\n')
  }
  const text = await read(main)
  return text === '' ? undefined : { text, includesUs }
}

async function readIfReadable(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR') return undefined
    throw error
  }
}
