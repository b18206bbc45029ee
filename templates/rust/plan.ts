import { AppError } from '../../server/errors.ts'
import { readProcfile } from '../../server/templates/procfile.ts'
import type { PlanFunction } from '../../server/templates/template-plan.ts'
import { chooseBinary } from './choose-binary.ts'
import { type Address, findAddress } from './find-address.ts'
import { type Crates, findBinaries } from './find-binaries.ts'
import { findLibraries } from './libraries.ts'
import { chooseImage } from './toolchain.ts'

const FRAMEWORKS: [string, string][] = [
  ['rocket', 'Rocket'],
  ['axum', 'axum'],
  ['actix-web', 'Actix Web'],
  ['warp', 'warp'],
  ['poem', 'Poem'],
  ['salvo', 'Salvo'],
  ['tonic', 'tonic'],
]

/** A crate or workspace with a program that serves. */
export const plan: PlanFunction = async ({ source, settings }) => {
  const crates = await findBinaries(source)
  // a program for the desktop; its web side is another template's
  if (crates.dependencies.has('tauri')) return undefined
  refuseWhatIsNoServer(crates, source.has('Trunk.toml'))
  const procfile = await readProcfile(source)
  const { binary, output, start, notes } = chooseBinary(crates, settings.startCommand ?? procfile.web)
  const image = await chooseImage(source)
  const isLocked = source.has('Cargo.lock')
  const address = findAddress((await source.text(binary.file)) ?? '')
  const framework = FRAMEWORKS.find(([name]) => crates.dependencies.has(name))?.[1]
  const target = `${crates.isWorkspace ? ` --package ${binary.crate}` : ''} --bin ${binary.name}`
  return {
    framework: framework === undefined ? 'Rust' : `Rust (${framework})`,
    kind: 'server',
    commands: {
      ...(settings.installCommand !== undefined && { install: settings.installCommand }),
      build: settings.buildCommand ?? `cargo build --release${isLocked ? ' --locked' : ''}${target}`,
      start,
    },
    values: {
      image: image.name,
      binary: binary.name,
      output,
      usesOwnToolchain: image.isEnough,
      libraries: await findLibraries(source, crates.dependencies),
      isRocket: framework === 'Rocket',
      hasQueries: source.find('.sqlx/*.json').length > 0,
    },
    ...(address && framework !== 'Rocket' && { port: address.port }),
    notes: [
      ...image.notes,
      ...notes,
      ...(isLocked ? [] : ['There is no Cargo.lock: each build takes the newest crates. Commit it.']),
      ...(address && framework !== 'Rocket' ? notesOn(address) : []),
    ],
  }
}

function refuseWhatIsNoServer({ binaries, dependencies }: Crates, isForTrunk: boolean): void {
  if (binaries.length === 0)
    throw new AppError(
      'no_start_command',
      'Cargo.toml makes a library: there is no src/main.rs, nothing in src/bin and no [[bin]]. Add a program, or name the folder the app is in.',
    )
  if (isForTrunk || (dependencies.has('leptos') && dependencies.has('console_error_panic_hook')))
    throw new AppError(
      'no_start_command',
      'This is compiled to WebAssembly by Trunk or cargo-leptos, which Slipway does not have. Add a Dockerfile that does it, or commit what it builds.',
    )
}

const notesOn = ({ port, isLocal }: Address) => [
  `The program listens on port ${port}, which is written in it: PORT is not read.`,
  ...(isLocal ? ['It listens on 127.0.0.1, where nobody outside its container reaches it: write 0.0.0.0.'] : []),
]
