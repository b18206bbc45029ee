import type { Source } from '../../server/templates/source.ts'
import { readToolVersion, readVersionFile } from '../../server/templates/versions.ts'

/** The versions with long support: those that Maven's, Gradle's and Temurin's images all have. */
const KNOWN = [8, 11, 17, 21, 25]
const DEFAULT = 21

/** The Java that a version file names, else the one the build file compiles for; the next with long support where there is no image. */
export async function chooseJava(source: Source, fromBuild: string | undefined): Promise<[number, string[]]> {
  const wanted = (await readNamed(source)) ?? fromBuild
  const major = majorOf(wanted)
  if (wanted === undefined) return [DEFAULT, []]
  const found = major === undefined ? undefined : KNOWN.find((it) => it >= major)
  if (found === undefined) return [DEFAULT, [`Java ${wanted} has no image: Java ${DEFAULT} is used.`]]
  return [found, found === major ? [] : [`Java ${wanted} has no image: Java ${found} is used.`]]
}

async function readNamed(source: Source): Promise<string | undefined> {
  const heroku = /^java\.runtime\.version\s*=\s*(\S+)/m.exec((await source.text('system.properties')) ?? '')?.[1]
  const sdkman = /^java\s*=\s*(\S+)/m.exec((await source.text('.sdkmanrc')) ?? '')?.[1]
  return heroku ?? (await readVersionFile(source, '.java-version')) ?? sdkman ?? (await readToolVersion(source, 'java'))
}

/** `1.8`, `17`, `21.0.2-tem`, `temurin-21.0.2+13.0.LTS`. */
function majorOf(version = ''): number | undefined {
  const [, major] = /(?:^|[^\d.])(?:1\.(?=8))?(\d{1,2})(?=\D|$)/.exec(version) ?? []
  return major === undefined ? undefined : Number(major)
}
