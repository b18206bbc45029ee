import { execFile } from 'node:child_process'
import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { cgroupsOf, unmountAll } from '../torture/engine.ts'
import { isAlive, killNginx } from '../torture/machine.ts'
import type { Machine } from './machine.ts'

const run = promisify(execFile)

/**
 * As near to a power cut as one gets without cutting it: every process is killed at once, those in the containers too, and
 * what lives in memory only (/run, mounts, bridges, firewall) is taken away. What was written is not lost, as it would be
 * if a program had not flushed it.
 */
export async function cutPower(machine: Machine): Promise<void> {
  const { engine, world } = machine
  const doomed = [...(await containerProcesses(machine)), ...(await shims(machine))]
  const ends = [engine.end('SIGKILL', 'engine and containerd'), world.slipway.kill(), killNginx(world)]
  for (const pid of doomed) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  await Promise.all(ends)
  await forgetMemory(engine.folder)
}

/** Everything that runs in a container of this engine. */
async function containerProcesses({ engine }: Machine): Promise<number[]> {
  const files = (await cgroupsOf(engine.cgroup)).map((folder) => path.join(folder, 'cgroup.procs'))
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))
  return [...new Set(texts.join('\n').split('\n').filter(Boolean).map(Number))]
}

/** What containerd leaves between itself and each container. */
export async function shims({ engine }: Machine): Promise<number[]> {
  return processesWith((line) => line.includes('containerd-shim') && line.includes(engine.folder))
}

/** The processes whose argument list is one of these. */
export async function processesWith(isOne: (argumentList: string) => boolean): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((it) => /^\d+$/.test(it))
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.filter((_, index) => isOne((lines[index] ?? '').replaceAll('\0', ' '))).map(Number)
}

/** The network is that of the nest, which has nobody else in it. */
async function forgetMemory(folder: string): Promise<void> {
  await unmountAll(folder)
  for (const name of ['exec', 'state', 'docker.sock', 'containerd.sock'])
    await rm(path.join(folder, name), { recursive: true, force: true })
  const { stdout } = await run('ip', ['-o', 'link', 'show', 'type', 'bridge'])
  for (const [, bridge = ''] of stdout.matchAll(/^\d+: ([^:@]+)[:@]/gm)) await run('ip', ['link', 'delete', bridge])
  for (const table of ['nat', 'filter']) {
    await run('iptables', ['-w', '-t', table, '-F'])
    await run('iptables', ['-w', '-t', table, '-X'])
  }
}
