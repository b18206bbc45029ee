import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './slipway.ts'

/** A real sshd on loopback that serves the repositories of a Git server's folder, each to the keys that may read it. */
export type SshGitServer = {
  /** What SLIPWAY_GITHUB_SSH is set to. */
  address: string
  /** From now on these public keys read these repositories, by `owner/name`, and no others do. */
  allow(keys: Record<string, string[]>): void
  /** While held, a clone that was let in waits before it gets anything. */
  hold(): Promise<() => Promise<void>>
  /** As a machine that was set up anew: another host key. */
  changeHostKey(): Promise<void>
  stop(): Promise<void>
}

/** Run for every connection in place of what was asked for: one repository, and reading only. */
const command = (folder: string, root: string) => `#!/bin/sh
while [ -e '${folder}/hold' ]; do sleep 0.05; done
[ "$SSH_ORIGINAL_COMMAND" = "git-upload-pack '/$1.git'" ] && exec git-upload-pack "${root}/$1.git"
echo 'ERROR: Repository not found.' >&2
exit 1
`

export async function startSshGitServer(root: string): Promise<SshGitServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-sshd-'))
  const port = await freePort()
  const files = { keys: path.join(folder, 'authorized_keys'), host: path.join(folder, 'host') }
  await writeFile(path.join(folder, 'command'), command(folder, root))
  await chmod(path.join(folder, 'command'), 0o755)
  await writeFile(files.keys, '')
  await writeFile(path.join(folder, 'sshd_config'), config(port, folder, files))
  await makeHostKey(files.host)
  let child = await start(folder, port)

  return {
    address: `${userInfo().username}@127.0.0.1:${port}`,
    allow(keys) {
      const lines = Object.entries(keys).flatMap(([repository, allowed]) =>
        allowed.map((key) => `restrict,command="${folder}/command ${repository}" ${key}\n`),
      )
      writeFileSync(files.keys, lines.join(''))
    },
    async hold() {
      await writeFile(path.join(folder, 'hold'), '')
      return () => rm(path.join(folder, 'hold'))
    },
    async changeHostKey() {
      await end(child)
      await makeHostKey(files.host)
      child = await start(folder, port)
    },
    async stop() {
      await end(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const config = (port: number, folder: string, files: { keys: string; host: string }) => `ListenAddress 127.0.0.1
Port ${port}
HostKey ${files.host}
PidFile ${folder}/pid
AuthorizedKeysFile ${files.keys}
AuthenticationMethods publickey
PermitRootLogin forced-commands-only
StrictModes no
UsePAM no
`

async function makeHostKey(file: string): Promise<void> {
  await rm(file, { force: true })
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
}

/** sshd wants its whole path, and root's wants a folder for the part of it that has no rights. */
async function start(folder: string, port: number): Promise<ChildProcess> {
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  const sshd = ['/usr/sbin/sshd', '/usr/bin/sshd'].find(existsSync)
  if (!sshd) throw new Error('There is no sshd. Install it: apt-get install openssh-server')
  const child = spawn(sshd, ['-D', '-e', '-f', path.join(folder, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString()
  })
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await listens(port)) return child
    if (child.exitCode !== null) throw new Error(`sshd ended: ${said}`)
    await sleep(50)
  }
  throw new Error(`sshd does not listen: ${said}`)
}

const listens = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  while (child.exitCode === null && child.signalCode === null) await sleep(10)
}
