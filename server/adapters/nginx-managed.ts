import { mkdir, rm, stat, truncate } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import { askStatus } from './nginx-ask.ts'
import type { Engine, Setup } from './nginx-engine.ts'
import { readIfThere, writeWhole } from './nginx-files.ts'
import { endOrphans, findOrphans } from './nginx-orphans.ts'
import { runNginx, testConfiguration } from './nginx-program.ts'
import { readPages } from './nginx-render.ts'
import { masterOf, signal, titleOf } from './nginx-workers.ts'

const MAX_ERROR_LOG = 10 * 1024 * 1024

/**
 * Our own nginx on an unprivileged port, a daemon that outlives us. Its next owner finds it by its pid file, or, when
 * that is lost, by asking on its port.
 */
export function createManagedEngine(setup: Setup): Engine {
  const { bin, dir } = setup
  const conf = path.join(dir, 'nginx.conf')
  const args = (file: string) => ['-c', file, '-p', `${dir}/`]

  const renderMain = async (includes: string[]) =>
    setup.render('nginx.conf.njk', {
      ...setup.values,
      dir,
      workers: Math.min(2, availableParallelism()),
      drainSeconds: setup.drainSeconds,
      token: setup.token,
      generationFile: setup.generationFile,
      catchAll: '_',
      pages: await readPages(),
      includes,
    })

  /** The pid file is believed only when that process is an nginx master that runs on our configuration. */
  const masterByPidFile = async () => {
    const pid = Number((await readIfThere(path.join(dir, 'nginx.pid')))?.trim())
    if (!Number.isSafeInteger(pid) || pid <= 1) return undefined
    const title = await titleOf(pid)
    return title?.startsWith('nginx: master process') && `${title} `.includes(` -c ${conf} `) ? pid : undefined
  }

  const answering = async () => {
    const { httpPort: port, token } = setup
    return (await askStatus({ port, host: setup.values.statusHost, token }))?.worker
  }

  const masterByAsking = async () => {
    const worker = await answering()
    return worker === undefined ? undefined : masterOf(worker)
  }

  const master = async () => (await masterByPidFile()) ?? (await masterByAsking())

  const own = { errorLog: errorLogIn(dir), answering }

  /** nginx itself tries for two seconds to get a port. */
  const launch = async () => {
    await endOrphans(own)
    const { code, stderr } = await runNginx(bin, args(conf))
    if (code !== 0) throw cannotStart(stderr, setup.httpPort)
  }

  return {
    conf,
    mayEndWorkers: true,
    master,

    async prepare() {
      for (const folder of [path.join(dir, 'temp'), setup.vhostsDir]) await mkdir(folder, { recursive: true })
      await limitErrorLog(dir)
      const text = await renderMain([path.join(setup.vhostsDir, '*.conf')])
      if ((await readIfThere(conf)) === text) return false
      await writeWhole(conf, text, 0o600)
      return true
    },

    test: () => testConfiguration(bin, args(conf)),

    async trial(files) {
      const trialConf = path.join(dir, 'trial.conf')
      await writeWhole(trialConf, await renderMain(files), 0o600)
      try {
        return await testConfiguration(bin, args(trialConf))
      } finally {
        await rm(trialConf, { force: true })
      }
    },

    async state() {
      if ((await master()) !== undefined) return 'up'
      return (await findOrphans(own, 'accepting')).length > 0 ? 'orphaned' : 'down'
    },

    drainingOrphans: () => findOrphans(own, 'draining'),

    async load() {
      const pid = await master()
      if (pid === undefined || !signal(pid, 'SIGHUP')) await launch()
    },

    async stop() {
      const pid = await master()
      if (pid !== undefined) await endGracefully(pid, setup.drainSeconds)
      await endOrphans(own)
    },
  }
}

/** Empties the error log of our own nginx when it is larger than 10 MB; nginx appends. Answers how many bytes went. */
export async function limitErrorLog(dir: string): Promise<number> {
  const file = errorLogIn(dir)
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!found || found.size <= MAX_ERROR_LOG) return 0
  await truncate(file)
  return found.size
}

const errorLogIn = (dir: string) => path.join(dir, 'error.log')

/** SIGQUIT lets requests finish; what still runs after the drain time and a little is ended. */
async function endGracefully(pid: number, drainSeconds: number): Promise<void> {
  signal(pid, 'SIGQUIT')
  const deadline = performance.now() + (drainSeconds + 3) * 1000
  while ((await titleOf(pid))?.startsWith('nginx:')) {
    if (performance.now() > deadline) signal(pid, 'SIGTERM')
    await sleep(10)
  }
}

function cannotStart(stderr: string, port: number): AppError {
  const said = stderr.trim().slice(-500)
  if (/bind\(\) to .* failed \(98:/.test(stderr)) {
    const message = `Port ${port} is taken by another program; end that one, or set SLIPWAY_HTTP_PORT to a free port`
    return new AppError('nginx_unreachable', message, { hint: said })
  }
  if (/bind\(\) to .* failed \(13:/.test(stderr)) {
    const message = `nginx may not listen on port ${port}: ports below 1024 need root, or set SLIPWAY_HTTP_PORT higher`
    return new AppError('nginx_unreachable', message, { hint: said })
  }
  return new AppError('nginx_rejected', `nginx did not start: ${said}`)
}
