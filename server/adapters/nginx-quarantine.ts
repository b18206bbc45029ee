import path from 'node:path'
import { AppError } from '../errors.ts'
import type { Engine } from './nginx-engine.ts'
import { listConfs, putAside, readIfThere, serverNameIn } from './nginx-files.ts'
import { readMark } from './nginx-names.ts'
import type { TestResult } from './nginx-program.ts'

/** A vhost file that nginx refused and that was renamed so that the others go on. */
export type Quarantined = { file: string; hostname: string; deploymentId: string | undefined; reason: string }

export type Folder = { vhostsDir: string; engine: Engine; log: (message: string) => void }

/**
 * Tests the configuration until it passes, putting aside one broken file after the other. Files in `mine` are never put
 * aside: the caller takes them back.
 * @throws AppError nginx_rejected when the fault is in `mine` or outside of the vhosts.
 */
export async function passTest(folder: Folder, mine: string[]) {
  const aside: Quarantined[] = []
  for (;;) {
    const result = await folder.engine.test()
    if (result.ok) return { aside, conflicts: result.conflicts }
    const bad = await findCulprit(folder, mine, result)
    if (bad === undefined) throw rejected(result, mine)
    aside.push(await quarantine(folder, bad, result.message))
  }
}

/** Renames the file and says so. */
export async function quarantine(folder: Folder, file: string, reason: string): Promise<Quarantined> {
  const text = (await readIfThere(file)) ?? ''
  await putAside(file, reason)
  folder.log(`nginx refuses ${file}: ${reason}. It was put aside so that the other apps go on`)
  return { file, hostname: serverNameIn(text), deploymentId: readMark(text)?.deploymentId, reason }
}

/** The vhosts that must make way so that `hostname` has one server: the file named after it stays, else the first. */
export async function rivalsOf(folder: Folder, hostname: string): Promise<string[]> {
  const claims: string[] = []
  for (const file of await listConfs(folder.vhostsDir, folder.engine.conf)) {
    if (serverNameIn((await readIfThere(file)) ?? '') === hostname) claims.push(file)
  }
  const rightful = claims.find((file) => path.basename(file, '.conf') === hostname.split('.')[0]) ?? claims[0]
  return claims.filter((file) => file !== rightful)
}

/** The broken vhost that is not the caller's: the one nginx names, or else the one bisecting finds. */
async function findCulprit({ vhostsDir, engine }: Folder, mine: string[], result: TestResult) {
  const others = (await listConfs(vhostsDir, engine.conf)).filter((file) => !mine.includes(file))
  if (result.file !== undefined && others.includes(result.file)) return result.file
  if (result.file !== undefined && mine.includes(result.file)) return undefined
  return bisect(others, async (files) => (await engine.trial(files)).ok)
}

/**
 * The first file with which the ones before it stop passing; undefined when they pass together, or when nothing passes.
 * Asks about log2(n) times.
 */
export async function bisect(files: string[], passes: (files: string[]) => Promise<boolean>) {
  if (files.length === 0 || (await passes(files)) || !(await passes([]))) return undefined
  let good = 0
  let bad = files.length
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (await passes(files.slice(0, middle))) good = middle
    else bad = middle
  }
  return files[bad - 1]
}

function rejected(result: TestResult, mine: string[]): AppError {
  const where = result.file !== undefined && !mine.includes(result.file) ? ' outside of Slipway’s vhosts' : ''
  return new AppError('nginx_rejected', `nginx refuses its configuration${where}: ${result.message}`)
}
