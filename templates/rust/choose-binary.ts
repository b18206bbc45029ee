import { AppError } from '../../server/errors.ts'
import type { Binary, Crates } from './find-binaries.ts'

/** `output` is where the start command looks for the program, below the app's folder. */
export type Choice = { binary: Binary; output: string; start: string; notes: string[] }

/**
 * One of the programs: by the start command where there is one (`bin/api`, `cargo run --bin api`), by `default-run`, or the
 * crate's own, of src/main.rs.
 * @throws several_apps
 */
export function chooseBinary(crates: Crates, startCommand: string | undefined): Choice {
  if (startCommand !== undefined && /^cargo\s+run\b/.test(startCommand)) return choiceByRun(crates, startCommand)
  const word = startCommand?.split(/\s+/)[0]?.split('/').at(-1)
  const named = crates.binaries.find((it) => it.name === word)
  const binary = named ?? onlyOne(crates)
  const others = named ? [] : crates.binaries.filter((it) => it !== binary).map((it) => it.name)
  const notes = others.length === 0 ? [] : [`The app is taken to be ${binary.name}, and not ${others.join(' or ')}.`]
  const output = outputIn(startCommand) ?? `bin/${binary.name}`
  return { binary, output, start: startCommand ?? `./${output}`, notes }
}

/** `./target/release/api`, `bin/api`: a path, and not a name that is looked for in PATH. */
const outputIn = (command = '') => /^(?:\.\/)?((?:[\w-][\w.-]*\/)+[\w-][\w.-]*)(?=\s|$)/.exec(command)?.[1]

/** `cargo run [flags] [-- arguments]`: the final image has no cargo, and needs none. */
function choiceByRun(crates: Crates, startCommand: string): Choice {
  const [flags = '', ...rest] = startCommand.split(/\s+--(?:\s+|$)/)
  const asked = /\s--bin[ =](\S+)/.exec(flags)?.[1] ?? /\s(?:-p|--package)[ =](\S+)/.exec(flags)?.[1]
  const binary = crates.binaries.find((it) => it.name === asked || it.crate === asked) ?? onlyOne(crates)
  const output = `bin/${binary.name}`
  const start = [`./${output}`, ...rest].join(' ').trim()
  const notes = [`“${startCommand}” would compile at every start: the program is built once and started as ${start}.`]
  return { binary, output, start, notes }
}

function onlyOne({ binaries, defaultRun }: Crates): Binary {
  const byDefault = binaries.find((it) => it.name === defaultRun)
  const mains = binaries.filter((it) => it.isMain)
  const [first, ...others] = byDefault ? [byDefault] : mains.length === 1 ? mains : binaries
  if (first && others.length === 0) return first
  const names = binaries.map((it) => it.name).join(', ')
  throw new AppError(
    'several_apps',
    `Cargo builds several programs here: ${names}. Say which to run: set the start command, for example to bin/${first?.name}, set default-run in Cargo.toml, or add a Procfile with “web: bin/${first?.name}”.`,
    { field: 'overrides.startCommand' },
  )
}
