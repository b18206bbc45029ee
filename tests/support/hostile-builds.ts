import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Repository } from './git-server.ts'
import type { World } from './world.ts'

/** Builds that take what they can get of a machine. */
export type Hostile = 'fork bomb' | 'memory hog' | 'huge context' | 'endless build' | 'endless log'

const RUN: Partial<Record<Hostile, string>> = {
  'fork bomb': `bash -c 'f() { f | f & }; f; f; sleep 3600'`,
  'memory hog': `node -e "const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))"`,
  'endless build': `bash -c 'for core in 1 2 3 4; do while :; do :; done & done; wait'`,
  'endless log': `bash -c 'yes "$(head -c 200 /dev/zero | tr "\\0" x)" | head -c 10G'`,
}

export const hostileKinds: Hostile[] = ['fork bomb', 'memory hog', 'huge context', 'endless build', 'endless log']

let count = 0

/** A repository whose build does it. */
export async function makeHostile(world: World, kind: Hostile): Promise<Repository> {
  count += 1
  const repository = await world.git.makeRepository('acme', `${kind.replace(' ', '-')}-${count}`)
  const command = RUN[kind] === undefined ? 'COPY . .' : `RUN ${RUN[kind]}`
  await repository.commit({ Dockerfile: `FROM node:24-slim\n${command}\n` }, kind)
  if (kind === 'huge context') commitHuge(repository)
  return repository
}

/** Fifty names for one file of 100 MB of zeros: 5 GB to check out, 100 KB to download. */
function commitHuge({ folder }: Repository): void {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim()
  writeFileSync(path.join(folder, 'zeros'), Buffer.alloc(100e6))
  git('add', 'zeros')
  const id = git('rev-parse', ':zeros')
  for (let copy = 1; copy < 50; copy++) git('update-index', '--add', '--cacheinfo', `100644,${id},zeros-${copy}`)
  git('-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', 'commit', '-q', '-m', 'Large')
  git('push', '-q', 'origin', 'main')
}
