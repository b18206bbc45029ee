import { AppError } from '../../server/errors.ts'
import { cutOut } from '../../server/templates/cut-out.ts'
import type { Source } from '../../server/templates/source.ts'
import { type Build, type Framework, MAX_MODULES, MODULE } from './build.ts'

type Pom = { module: string; text: string }

const PLUGINS: [RegExp, Framework][] = [
  [/<artifactId>spring-boot-maven-plugin</, 'Spring Boot'],
  [/<artifactId>quarkus-maven-plugin</, 'Quarkus'],
  [/<artifactId>micronaut-maven-plugin</, 'Micronaut'],
  [/<artifactId>ktor-/, 'Ktor'],
]
/** A jar gets a main class by one of these. */
const MAKES_PROGRAM = /<mainClass>|<start-class>|<Main-Class>/

/**
 * How Maven builds the app: the module at the top, or the only one below that makes a program.
 * @throws several_apps, no_start_command
 */
export async function readMaven(source: Source, startCommand: string | undefined): Promise<Build> {
  const top = await readPom(source, '')
  const named = [...top.text.matchAll(/<module>\s*([^<\s]+?)\/?\s*<\/module>/g)].map((it) => it[1] ?? '')
  const modules = [...new Set(named)].slice(0, MAX_MODULES)
  const poms = await Promise.all(modules.filter((it) => MODULE.test(it)).map(async (it) => readPom(source, it)))
  const pom = modules.length === 0 ? top : choose(poms, startCommand)
  if (startCommand === undefined && !isProgram(pom)) askWhatStarts(pom)
  const part = pom.module === '' ? '' : ` -pl ${pom.module} -am`
  const wrapper = await source.text('.mvn/wrapper/maven-wrapper.properties')
  const maven = /apache-maven-(\d+)/.exec(wrapper ?? '')?.[1]
  return {
    tool: 'maven',
    framework: frameworkOf(pom),
    module: pom.module,
    command: `mvn -B -ntp -DskipTests${part} package`,
    makes: 'jar',
    java: javaOf(pom.text) ?? javaOf(top.text),
    wrapper: undefined,
    text: pom.text,
    notes: maven === undefined || maven === '3' ? [] : [`mvnw asks for Maven ${maven}: Maven 3.9 is used.`],
  }
}

async function readPom(source: Source, module: string): Promise<Pom> {
  const text = (await source.text(module === '' ? 'pom.xml' : `${module}/pom.xml`)) ?? ''
  return {
    module,
    text: cutOut(cutOut(text, '<!--', '-->'), '<pluginManagement>', '</pluginManagement>'),
  }
}

function choose(poms: Pom[], startCommand: string | undefined): Pom {
  const programs = poms.filter(isProgram)
  const named = programs.filter((it) => startCommand?.includes(`${it.module}/target/`))
  const [pom, ...others] = named.length > 0 ? named : programs
  if (pom && others.length === 0) return pom
  throw severalModules(
    programs.map((it) => it.module),
    'pom.xml',
    'target',
  )
}

const isProgram = (pom: Pom) => frameworkOf(pom) !== 'Java' || MAKES_PROGRAM.test(pom.text)

function askWhatStarts({ text }: Pom): never {
  const isWar = /<packaging>\s*war\s*</.test(text)
  throw new AppError(
    'no_start_command',
    isWar
      ? 'pom.xml makes a war for an application server such as Tomcat, which Slipway does not bring. Add a Dockerfile based on tomcat, or a start command that brings its own server.'
      : 'pom.xml makes a jar that names no main class, so it cannot be started. Add <mainClass> to the jar plugin, the plugin of your framework, or a start command.',
    { field: 'overrides.startCommand' },
  )
}

/** Which module of several is meant, or that none makes a program. */
export function severalModules(modules: string[], file: string, folder: string): AppError {
  const field = { field: 'overrides.startCommand' }
  const [first] = modules
  if (first === undefined)
    return new AppError(
      'no_start_command',
      `None of the modules of ${file} makes a program: none has the plugin of Spring Boot or of another framework, or names a main class. Give a build command and a start command.`,
      field,
    )
  return new AppError(
    'several_apps',
    `Several modules make a program: ${modules.join(', ')}. Say which to run by a start command, such as “java -jar ${first}/${folder}/${first}.jar”.`,
    field,
  )
}

const frameworkOf = ({ text }: Pom): Framework => PLUGINS.find(([mark]) => mark.test(text))?.[1] ?? 'Java'

/** The release that is compiled for; a property may stand for it. */
function javaOf(text: string): string | undefined {
  const names = ['maven.compiler.release', 'java.version', 'release', 'maven.compiler.target', 'jdk.version', 'target']
  for (const name of names) {
    const value = new RegExp(`<${name.replaceAll('.', '\\.')}>\\s*([\\d.]+)\\s*<`).exec(text)?.[1]
    if (value !== undefined) return value
  }
  return undefined
}
