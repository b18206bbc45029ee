import { preferLine } from '../../server/templates/prefer-line.ts'
import type { Source } from '../../server/templates/source.ts'
import { readToolVersion, readVersionFile } from '../../server/templates/versions.ts'

const LINES = ['1.14', '1.15', '1.16', '1.17', '1.18', '1.19', '1.20']
const DEFAULT = '1.18'

/** Erlang's versions for which there are images, by Elixir's line; the first is meant where none is named. */
const OTP: Record<string, string[]> = {
  '1.14': ['25', '24', '23'],
  '1.15': ['26', '25', '24'],
  '1.16': ['26', '25', '24'],
  '1.17': ['27', '26', '25'],
  '1.18': ['27', '26', '25'],
  '1.19': ['28', '27', '26'],
  '1.20': ['29', '28', '27'],
}
/** The first of Erlang whose image is of Debian 13: a release runs where it was linked. */
const FIRST_ON_TRIXIE = 29

export type ElixirVersion = {
  /** The tag of the image of Elixir, without `-slim`. */
  tag: string
  /** The release of Debian that the image is made of. */
  debian: 'bookworm' | 'trixie'
  notes: string[]
}

/** The Elixir, and the Erlang below it, of .tool-versions, or the one that mix.exs admits. */
export async function chooseElixir(source: Source, asked: string | undefined): Promise<ElixirVersion> {
  const file =
    (await readVersionFile(source, '.elixir-version', '.exenv-version')) ?? (await readToolVersion(source, 'elixir'))
  const [, version, otpOfVersion] = /^(\d+\.\d+(?:\.\d+)?)(?:-otp-(\d+))?$/.exec(file ?? '') ?? []
  const line = version?.split('.').slice(0, 2).join('.') ?? ''
  if (version !== undefined && OTP[line] !== undefined) return withOtp(source, version, line, otpOfVersion)
  const range = file === undefined && asked !== undefined ? [asSemver(asked)] : []
  const fitting = await preferLine(range, LINES, DEFAULT)
  const chosen = await withOtp(source, fitting ?? DEFAULT, fitting ?? DEFAULT, undefined)
  const wanted = file ?? (fitting === undefined ? asked : undefined)
  const notes =
    wanted === undefined ? [] : [`There is no image of Elixir ${JSON.stringify(wanted)}: ${DEFAULT} is used.`]
  return { ...chosen, notes: [...notes, ...chosen.notes] }
}

async function withOtp(
  source: Source,
  version: string,
  line: string,
  named: string | undefined,
): Promise<ElixirVersion> {
  const file = (await readVersionFile(source, '.erlang-version')) ?? (await readToolVersion(source, 'erlang'))
  const wanted = named ?? /^(\d+)(\.|$)/.exec(file ?? '')?.[1]
  const [usual = '', ...others] = OTP[line] ?? []
  const otp = wanted !== undefined && others.includes(wanted) ? wanted : usual
  return {
    tag: otp === usual && named === undefined ? version : `${version}-otp-${otp}`,
    debian: Number(otp) >= FIRST_ON_TRIXIE ? 'trixie' : 'bookworm',
    notes:
      wanted === undefined || wanted === otp
        ? []
        : [`There is no image of Elixir ${line} with Erlang ${wanted}: Erlang ${otp} is used.`],
  }
}

/** `~> 1.15` admits 1.18 to Elixir, `~> 1.15.2` only 1.15. */
const asSemver = (range: string): string =>
  range
    .replace(/\s+and\s+/g, ' ')
    .replace(/\s+or\s+/g, ' || ')
    .replace(/~>\s*(\d+\.\d+)(?![.\d])/g, '^$1')
    .replace(/~>\s*/g, '~')
