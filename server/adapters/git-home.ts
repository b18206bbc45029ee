import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** What opens a private repository: a password for HTTP, or a private key in OpenSSH's format for SSH. */
export type Credentials = { token?: string | undefined; sshKey?: string | undefined }

/**
 * Git's whole configuration here: no hooks, no transports but HTTP, no redirects (a redirect would take the token
 * along, measured with git 2.39), no submodules. What is downloaded becomes one file, whose size can be watched, and a
 * file of 16 MB or more is never held in memory. It lies in a home of its own, so the machine's settings do not count.
 */
const GIT_CONFIG = `[core]
  hooksPath = /dev/null
  askPass = ""
  longpaths = true
  bigFileThreshold = 16m
[fetch]
  unpackLimit = 1
[protocol]
  allow = never
[protocol "http"]
  allow = always
[protocol "https"]
  allow = always
[http]
  followRedirects = false
  lowSpeedLimit = 1000
  lowSpeedTime = 30
[submodule]
  recurse = false
[advice]
  detachedHead = false
[gc]
  auto = 0
`

/** Prints the token that git asks for, from the environment: so it is in no argument list and in no .git/config. */
const ASK_PASS = `#!/bin/sh
case "$1" in Username*) echo x-access-token ;; *) printf '%s\\n' "$SLIPWAY_GIT_TOKEN" ;; esac
`

/**
 * For clones with a deploy key: SSH and nothing else. git that is ended does not end ssh, which would wait for a silent
 * host for ever; so the kernel tells it.
 */
const gitOverSsh = (home: string) =>
  `${GIT_CONFIG.replace(/\[protocol "https?"\]\n {2}allow = always\n/g, '')}[protocol "ssh"]
  allow = always
[core]
  sshCommand = ${JSON.stringify(`exec setpriv --pdeathsig TERM ssh -F '${path.join(home, 'ssh_config').replaceAll("'", "'\\''")}'`)}
[ssh]
  variant = ssh
`

/**
 * SSH with one key and nothing of the machine's: no agent, no configuration, no password, no question. GitHub's own keys
 * are known from the start, and no others are taken for it; another host's is remembered at the first visit, and refused
 * when it changes. The file of the key comes by the environment.
 */
const sshConfig = (home: string) => `Host github.com
  StrictHostKeyChecking yes
  HostKeyAlgorithms ssh-ed25519,ecdsa-sha2-nistp256
Host *
  IdentityFile \${SLIPWAY_SSH_KEY}
  IdentitiesOnly yes
  IdentityAgent none
  PreferredAuthentications publickey
  BatchMode yes
  ClearAllForwardings yes
  StrictHostKeyChecking accept-new
  UpdateHostKeys no
  GlobalKnownHostsFile ${inSshConfig(path.join(home, 'github_known_hosts'))}
  UserKnownHostsFile ${inSshConfig(path.join(home, 'known_hosts'))}
  ConnectTimeout 15
  ServerAliveInterval 15
  ServerAliveCountMax 4
`

const inSshConfig = (file: string) => `"${file.replaceAll('%', '%%')}"`

/** As GitHub publishes them (docs.github.com, “GitHub's SSH key fingerprints”: +DiY3wvv…, p2QAMXNI…). */
const GITHUB_KNOWN_HOSTS = `github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl
github.com ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=
`

/** Git's home: its configurations, and the scripts that hand it a token or a key. Keys that a crash left are removed. */
export async function prepareHome(home: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  await rm(keysOf(home), { recursive: true, force: true })
  await mkdir(keysOf(home), { mode: 0o700 })
  const files = {
    '.gitconfig': GIT_CONFIG,
    '.gitconfig-ssh': gitOverSsh(home),
    ssh_config: sshConfig(home),
    github_known_hosts: GITHUB_KNOWN_HOSTS,
    'ask-pass': ASK_PASS,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(home, name), text)
  await chmod(path.join(home, 'ask-pass'), 0o700)
}

const keysOf = (home: string) => path.join(home, 'keys')

/**
 * The environment that hands git its credentials: a token by what asks for passwords, a key as a file that only we can
 * read, and that is gone with `close`. Neither is in an argument list or in .git/config.
 */
export async function openCredentials(
  home: string,
  { token, sshKey }: Credentials,
): Promise<{ environment: Record<string, string>; close(): Promise<void> }> {
  if (sshKey === undefined) {
    const environment = token ? { GIT_ASKPASS: path.join(home, 'ask-pass'), SLIPWAY_GIT_TOKEN: token } : undefined
    return { environment: environment ?? {}, close: async () => undefined }
  }
  const folder = await mkdtemp(path.join(keysOf(home), 'key-'))
  const file = path.join(folder, 'id')
  await writeFile(file, sshKey, { mode: 0o600 })
  return {
    environment: {
      GIT_CONFIG_GLOBAL: path.join(home, '.gitconfig-ssh'),
      SLIPWAY_SSH_KEY: file,
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}
