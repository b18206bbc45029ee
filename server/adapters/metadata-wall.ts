import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../root.ts'
import { runProgram } from './run-program.ts'

/** Who keeps the rules: Slipway itself, as root; a unit of systemd that runs as root; or nobody. */
export type WallMode = 'own' | 'helper' | 'off'

/** What keeps apps and builds from the metadata service of a cloud (docs/decisions/metadata-wall.md). */
export type MetadataWall = {
  mode: WallMode
  /** Puts the rules where they are not yet. @throws an Error that says why not */
  raise(): Promise<void>
  /** Takes them away. @throws an Error that says why not */
  lower(): Promise<void>
  /** Looks, and changes nothing. `detail` says why there is no wall. */
  check(): Promise<{ ok: boolean; detail: string }>
}

type Options = {
  mode: WallMode
  instance: string
  /** Where slipway-metadata.service says how it stands. */
  stateFile?: string
}

const SCRIPT = path.join(root, 'scripts', 'metadata-wall')
/** The unit looks every 30 s. */
const STALE_MS = 120_000

export function createMetadataWall({
  mode,
  instance,
  stateFile = '/run/slipway-metadata/state',
}: Options): MetadataWall {
  async function run(what: 'up' | 'down' | 'check'): Promise<void> {
    const { code, stderr } = await runProgram(SCRIPT, [what, instance])
    if (code !== 0) throw new Error(stderr.trim() || `scripts/metadata-wall ${what} ended with ${code}`)
  }

  return {
    mode,
    raise: async () => {
      if (mode === 'own') await run('up')
    },
    lower: async () => {
      if (mode !== 'helper') await run('down')
    },
    async check() {
      if (mode === 'off') return { ok: true, detail: 'switched off' }
      try {
        if (mode === 'own') await run('check')
        else await readState(stateFile)
        return { ok: true, detail: 'apps and builds cannot reach it' }
      } catch (error) {
        return { ok: false, detail: error instanceof Error ? error.message : String(error) }
      }
    },
  }
}

/** @throws an Error with what the unit says, or that it says nothing */
async function readState(file: string): Promise<void> {
  let state: string
  try {
    const { mtimeMs } = await stat(file)
    state =
      Date.now() - mtimeMs > STALE_MS ? 'slipway-metadata.service says nothing any more' : await readFile(file, 'utf8')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    state = 'slipway-metadata.service does not run'
  }
  if (state.trim() !== 'ok') throw new Error(state.trim())
}
