import { readProcfile } from '../../server/templates/procfile.ts'
import type { Source } from '../../server/templates/source.ts'
import type { PlanFunction } from '../../server/templates/template-plan.ts'
import type { Build } from './build.ts'
import { readGradle } from './gradle.ts'
import { findHealthPath } from './health.ts'
import { chooseJava } from './java-version.ts'
import { readMaven } from './maven.ts'

/** The Javas that Gradle's images have, by Gradle's major version (docs.gradle.org/current/userguide/compatibility.html). */
const GRADLES: Record<number, number[]> = { 6: [8, 11], 7: [8, 11, 17], 8: [8, 11, 17, 21], 9: [17, 21, 25] }
/** How each framework is told where to listen; the others read PORT, or say it in their code. */
const LISTENS: Record<string, string[]> = {
  'Spring Boot': ['SERVER_PORT'],
  Quarkus: ['QUARKUS_HTTP_PORT'],
  Micronaut: ['MICRONAUT_SERVER_PORT'],
}

/** An app that Maven or Gradle builds. */
export const plan: PlanFunction = async ({ source, settings }) => {
  const procfile = await readProcfile(source)
  const said = settings.startCommand ?? procfile.web
  const build = await readBuild(source, said, settings.buildCommand)
  if (build === undefined) return undefined
  const [java, notes] = await chooseJava(source, build.java)
  const healthPath = await findHealthPath(source, build)
  return {
    framework: `${build.framework} (${build.tool === 'maven' ? 'Maven' : 'Gradle'})`,
    kind: 'server',
    commands: {
      ...(settings.installCommand !== undefined && { install: settings.installCommand }),
      build: build.command,
      start: said ?? (build.makes === 'install' ? 'bin/app' : 'java $JAVA_OPTS -jar app.jar'),
    },
    values: {
      ...imagesOf(build, java),
      tool: build.tool,
      collects: said === undefined ? build.module || '.' : '--as-built',
      listens: LISTENS[build.framework] ?? [],
    },
    ...(healthPath !== undefined && { healthPath }),
    notes: [
      ...notes,
      ...build.notes,
      ...(hasBoth(source) ? ['There are a pom.xml and a build.gradle: Maven builds.'] : []),
    ],
  }
}

/** Where both commands are the user's, nothing needs to be found in the build file. */
async function readBuild(
  source: Source,
  start: string | undefined,
  command: string | undefined,
): Promise<Build | undefined> {
  const isMaven = source.has('pom.xml')
  if (isAndroid(source)) return undefined
  if (start !== undefined && command !== undefined)
    return {
      tool: isMaven ? 'maven' : 'gradle',
      framework: 'Java',
      module: '',
      command,
      makes: 'jar',
      java: undefined,
      wrapper: undefined,
      text: '',
      notes: [],
    }
  const build = isMaven ? await readMaven(source, start) : await readGradle(source, start)
  return command === undefined ? build : { ...build, command, makes: 'jar' }
}

const hasBoth = (source: Source) => source.has('pom.xml') && source.find('build.gradle{,.kts}').length > 0
const isAndroid = (source: Source) => source.find('{,*/}src/main/AndroidManifest.xml').length > 0

/** Gradle is that of the image: of the wrapper's major version, where there is one, and not downloaded by each app. */
function imagesOf({ tool, wrapper }: Build, java: number): { builder: string; runtime: string } {
  if (tool === 'maven') return { builder: `maven:3.9-eclipse-temurin-${java}`, runtime: `eclipse-temurin:${java}-jre` }
  const major = wrapper !== undefined && wrapper in GRADLES ? wrapper : java > 21 ? 9 : 8
  const javas = GRADLES[major] ?? []
  const jdk = javas.find((it) => it >= java) ?? Math.max(...javas)
  return { builder: `gradle:${major}-jdk${jdk}`, runtime: `eclipse-temurin:${Math.max(java, jdk)}-jre` }
}
