import { symlink } from 'node:fs/promises'
import path from 'node:path'
import type { GitServer } from './git-server.ts'
import { startGithub } from './github.ts'
import { startSshGitServer } from './ssh-git-server.ts'

/** Where repositories are read with deploy keys: GitHub's API of them, and an sshd that lets in who has one. */
export async function startKeyHost(git: GitServer) {
  const [github, ssh] = await Promise.all([startGithub(), startSshGitServer(git.folder)])
  github.state.onKeys = (keys) =>
    ssh.allow(Object.fromEntries(Object.entries(keys).map(([of, list]) => [of, list.map((it) => it.key)])))
  const { hostname, port } = new URL(github.apiUrl)
  const opened = new Set<string>()

  return {
    /** What SLIPWAY_GITHUB_SSH is set to. */
    address: ssh.address,
    /** Whose requests these are, and the token that they come with there. */
    divert: (asked: string) =>
      /\/keys\b/.test(asked)
        ? { to: { hostname, port }, headers: { authorization: `Bearer ${github.token}` } }
        : undefined,
    /** From now on `name/app` is the one repository there is, read with its keys. */
    async open(name: string) {
      if (opened.has(name)) return
      opened.add(name)
      github.state.repositories.push({ full_name: `${name}/app`, archived: false, permissions: { push: true } })
      await symlink('acme', path.join(git.folder, name))
    },
    keysOf: (name: string) => (github.state.keys[`${name}/app`] ?? []).map((it) => `deploy key ${it.title}`),
    async stop() {
      await ssh.stop()
      await github.stop()
    },
  }
}
