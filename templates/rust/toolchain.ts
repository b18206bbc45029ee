import { listIn, partsIn, textsIn } from '../../server/templates/parts.ts'
import type { Source } from '../../server/templates/source.ts'
import { readToolVersion, readVersionFile } from '../../server/templates/versions.ts'

export type Image = {
  name: string
  /** The image's own toolchain will do, whatever rust-toolchain.toml would have rustup fetch. */
  isEnough: boolean
  notes: string[]
}

const STABLE: Image = { name: 'rust:1-slim-bookworm', isEnough: true, notes: [] }

/** The image for the toolchain that is wanted; `rust-version` in Cargo.toml is only the least that will do. */
export async function chooseImage(source: Source): Promise<Image> {
  const { channel, targets = [] } = await readToolchain(source)
  const wanted = channel ?? (await readToolVersion(source, 'rust'))
  const isEnough = targets.length === 0
  if (wanted === undefined || /^(stable|1)$/.test(wanted)) return { ...STABLE, isEnough }
  if (/^1\.\d+(\.\d+)?$/.test(wanted)) return { name: `rust:${tagOf(wanted)}`, isEnough, notes: [] }
  if (/^(nightly|beta)/.test(wanted)) return { name: 'rustlang/rust:nightly-bookworm-slim', isEnough: false, notes: [] }
  return { ...STABLE, isEnough, notes: [`Rust ${wanted} is not known: the newest stable Rust is used.`] }
}

async function readToolchain(source: Source): Promise<{ channel?: string; targets?: unknown[] }> {
  const written = await source.toml('rust-toolchain.toml')
  if (written !== undefined) {
    const { toolchain } = partsIn(written)
    return { ...textsIn(toolchain), targets: listIn(partsIn(toolchain).targets) }
  }
  if ((await source.text('rust-toolchain'))?.includes('[toolchain]')) {
    const channel = /^[ \t]*channel\s*=\s*"([\w.-]+)"/m.exec((await source.text('rust-toolchain')) ?? '')?.[1]
    return channel === undefined ? {} : { channel }
  }
  const channel = await readVersionFile(source, 'rust-toolchain')
  return channel === undefined ? {} : { channel }
}

/** The variant is named so that the C library is that of the final image; the tags of old versions do not have it. */
const tagOf = (version: string) => (Number(version.split('.')[1]) < 71 ? `${version}-slim` : `${version}-slim-bookworm`)
