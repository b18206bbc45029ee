import { AppError } from '../../server/errors.ts'
import { cutOut } from '../../server/templates/cut-out.ts'
import type { Source } from '../../server/templates/source.ts'
import { type Build, type Framework, MAX_MODULES, MODULE } from './build.ts'
import { readAliases } from './gradle-plugins.ts'
import { severalModules } from './maven.ts'

type Project = { module: string; text: string; plugins: Set<string> }

/** The task that makes something to start, by the plugin that brings it; the first that is there. */
const TASKS: { plugin: RegExp; task: string; makes: Build['makes'] }[] = [
  { plugin: /^org\.springframework\.boot$/, task: 'bootJar', makes: 'jar' },
  { plugin: /^io\.quarkus$/, task: 'quarkusBuild', makes: 'jar' },
  { plugin: /^io\.ktor\.plugin$/, task: 'buildFatJar', makes: 'jar' },
  { plugin: /^com\.(github\.johnrengelman|gradleup)\.shadow$/, task: 'shadowJar', makes: 'jar' },
  { plugin: /^(application|io\.micronaut\.application)$/, task: 'installDist', makes: 'install' },
]
const FRAMEWORKS: [RegExp, Framework][] = [
  [/^org\.springframework\.boot$/, 'Spring Boot'],
  [/^io\.quarkus$/, 'Quarkus'],
  [/^io\.micronaut\./, 'Micronaut'],
  [/^io\.ktor\.plugin$/, 'Ktor'],
]

/**
 * How Gradle builds the app: the project at the top, or the only one below that makes a program.
 * @throws several_apps, no_start_command
 */
export async function readGradle(source: Source, startCommand: string | undefined): Promise<Build> {
  const aliases = await readAliases(source)
  const settings = (await readEither(source, 'settings.gradle')) ?? ''
  const modules = ['', ...modulesIn(settings)]
  const projects = await Promise.all(modules.map(async (it) => readProject(source, it, aliases)))
  const { project, task, makes } = choose(projects, startCommand)
  const path = project.module === '' ? '' : `:${project.module.replaceAll('/', ':')}:`
  const wrapper = await source.text('gradle/wrapper/gradle-wrapper.properties')
  const text = projects.map((it) => it.text).join('\n')
  return {
    tool: 'gradle',
    framework: FRAMEWORKS.find(([mark]) => [...project.plugins].some((it) => mark.test(it)))?.[1] ?? 'Java',
    module: project.module,
    command: `gradle --no-daemon ${path}${task}`,
    makes,
    java: javaOf(project.text) ?? javaOf(text),
    wrapper: Number(/gradle-(\d+)/.exec(wrapper ?? '')?.[1]) || undefined,
    text: project.text,
    notes: [],
  }
}

const readEither = async (source: Source, file: string) =>
  (await source.text(`${file}.kts`)) ?? (await source.text(file))

/** `include(":app", ":lib:core")`: a path of names is a path of folders, unless somebody says otherwise. */
function modulesIn(settings: string): string[] {
  const found = [...settings.replace(/,[ \t]*\r?\n/g, ', ').matchAll(/^[ \t]*include\b([^\n]*)/gm)]
    .flatMap(([, list = '']) => [...list.matchAll(/["']:?([^"']+)["']/g)])
    .map(([, name = '']) => name.replaceAll(':', '/'))
    .filter((it) => MODULE.test(it))
  return [...new Set(found)].slice(0, MAX_MODULES)
}

async function readProject(source: Source, module: string, aliases: Map<string, string>): Promise<Project> {
  const written = (await readEither(source, module === '' ? 'build.gradle' : `${module}/build.gradle`)) ?? ''
  const text = cutOut(written, '/*', '*/').replace(/(?<!:)\/\/.*/g, '')
  const lines = text.split('\n').filter((it) => !/\bapply[( ]\s*false/.test(it))
  const ids = [
    ...lines
      .join('\n')
      .matchAll(
        /\bid[ \t]{0,9}\(?[ \t]{0,9}["']([\w.-]+)["']|\bplugin:\s*["']([\w.-]+)["']|alias[ \t]{0,9}\(?[ \t]{0,9}libs\.plugins\.([\w.]+)|^[ \t]*(application)[ \t\r]*$/gm,
      ),
  ]
  const plugins = ids.map(([, id, applied, alias, bare]) => id ?? applied ?? bare ?? aliases.get(alias ?? '') ?? '')
  return { module, text, plugins: new Set(plugins) }
}

function choose(projects: Project[], startCommand: string | undefined) {
  const programs = projects.flatMap((project) => {
    const task = TASKS.find((it) => [...project.plugins].some((plugin) => it.plugin.test(plugin)))
    return task ? [{ project, ...task }] : []
  })
  const jar = projects.find((it) => /Main-Class/.test(it.text))
  if (programs.length === 0 && jar) return { project: jar, task: 'jar', makes: 'jar' as const }
  const named = programs.filter(
    (it) => it.project.module !== '' && startCommand?.includes(`${it.project.module}/build/`),
  )
  const [program, ...others] = named.length > 0 ? named : programs
  if (program && others.length === 0) return program
  if (projects.length > 1 || program)
    throw severalModules(
      programs.map((it) => it.project.module || 'the top'),
      'settings.gradle',
      'build/libs',
    )
  throw new AppError(
    'no_start_command',
    'build.gradle makes a library: it has neither the plugin “application” nor that of Spring Boot, Quarkus, Micronaut or Ktor. Add one, or give a build command and a start command.',
  )
}

function javaOf(text: string): string | undefined {
  return /(?:JavaLanguageVersion\.of|jvmToolchain)\s*\(\s*["']?(\d+)|(?:source|target)Compatibility\s{0,9}=?\s{0,9}(?:JavaVersion\.VERSION_|["']?)([\d._]+)|jvmTarget\w{0,20}[^\n\d]{0,60}?(?:JVM_)?(\d+(?:\.8)?)/
    .exec(text)
    ?.slice(1)
    .find((it) => it !== undefined)
    ?.replace('_', '.')
}
