import { partsIn, textsIn } from '../../server/templates/parts.ts'
import type { Source } from '../../server/templates/source.ts'

export type Versions = {
  sdk: string
  runtime: string
  /** The one of several that is published. */
  framework: string | undefined
  notes: string[]
}

const DEFAULT = '10.0'

/** The newest target framework of the project is what runs; global.json may want another SDK, exactly. */
export async function chooseVersions(source: Source, projectFile: string, text: string): Promise<Versions> {
  const frameworks = await readFrameworks(source, projectFile, text)
  const newest = frameworks.toSorted((a, b) => Number(b) - Number(a))[0]
  const runtime = newest ?? DEFAULT
  return {
    runtime,
    sdk: (await readExactSdk(source)) ?? runtime,
    framework: frameworks.length > 1 ? `net${runtime}` : undefined,
    notes:
      newest === undefined ? [`No target framework is written where it is looked for: .NET ${DEFAULT} is used.`] : [],
  }
}

/** `net8.0`, `netcoreapp3.1`, several with semicolons; in the project or in a Directory.Build.props above it. */
async function readFrameworks(source: Source, projectFile: string, text: string): Promise<string[]> {
  const folders = projectFile.split('/').slice(0, -1)
  const props = [...folders.keys(), folders.length].map((depth) =>
    [...folders.slice(0, depth), 'Directory.Build.props'].join('/'),
  )
  const texts = [text, ...(await Promise.all(props.toReversed().map(async (file) => (await source.text(file)) ?? '')))]
  const written = texts.map((it) => /<TargetFrameworks?>([^<$]+)</.exec(it)?.[1]).find((it) => it !== undefined)
  return [...(written ?? '').matchAll(/\bnet(?:coreapp)?(\d{1,2}\.\d)(?![\w.-])/g)].map((it) => it[1] ?? '')
}

/**
 * The SDK of global.json where it does not let a newer one take its place: the image of a line has the newest, and fails
 * then (learn.microsoft.com/dotnet/core/tools/global-json#rollforward).
 */
async function readExactSdk(source: Source): Promise<string | undefined> {
  const { version = '', rollForward = '' } = textsIn(partsIn(await source.json('global.json')).sdk)
  const written = /^\d{1,2}\.\d\.\d{3}$/.exec(version)?.[0]
  if (written === undefined) return undefined
  return /^(latest)?(feature|minor|major)$/i.test(rollForward) ? written.replace(/\.\d+$/, '') : written
}
