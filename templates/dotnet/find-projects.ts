import { AppError } from '../../server/errors.ts'
import { cutOut } from '../../server/templates/cut-out.ts'
import type { Source } from '../../server/templates/source.ts'

export type Project = {
  /** The project file, relative to the app's folder. */
  file: string
  /** The program is `<name>.dll`. */
  name: string
  text: string
}

const FILES = '{,*/,*/*/,*/*/*/}*.{cs,fs,vb}proj'
/** `Shop.Tests`, `tests/`, `UnitTests`, and not `Contest`. */
const NOT_THE_APP =
  /(^|\/)([^/]*[._-])?([Tt]ests?|[Ss]amples?|[Ee]xamples?|[Bb]enchmarks?)(\/|\.[cfv][sb]proj$)|[a-z](Tests?|Benchmarks?)(\/|\.[cfv][sb]proj$)/
/** Also for a program that says itself that it needs ASP.NET. */
const IS_WEB =
  /Sdk\s*=\s*"Microsoft\.NET\.Sdk\.Web|<Sdk\s+Name="Microsoft\.NET\.Sdk\.Web|<FrameworkReference\s+Include="Microsoft\.AspNetCore\.App"/
const IS_PROGRAM = /Sdk\s*=\s*"Microsoft\.NET\.Sdk\.Web|<OutputType>\s*Exe\s*</i

const MAX_PROJECTS = 300

/** Every project that may be the app, without those that test it. */
export async function findProjects(source: Source): Promise<Project[]> {
  const files = source
    .find(FILES)
    .filter((it) => !NOT_THE_APP.test(it))
    .slice(0, MAX_PROJECTS)
  return Promise.all(
    files.map(async (file) => {
      const text = cutOut((await source.text(file)) ?? '', '<!--', '-->')
      return { file, text, name: nameOf(file, text) }
    }),
  )
}

/**
 * The one web project, or the one of several whose program the start command names.
 * @throws several_apps, no_start_command
 */
export function chooseProject(projects: Project[], startCommand: string | undefined): Project {
  const web = projects.filter(({ text }) => IS_WEB.test(text) && IS_PROGRAM.test(text))
  const named = web.filter(({ name }) =>
    startCommand?.split(/[\s/;]+/).some((it) => it === name || it === `${name}.dll`),
  )
  const [project, ...others] = named.length === 1 ? named : web
  if (!project) throw noWebProject(projects)
  if (others.length === 0) return project
  throw new AppError(
    'several_apps',
    `There are several web projects: ${web.map((it) => it.file).join(', ')}. Name the folder of one as the root folder, or set the start command, such as “dotnet ${project.name}.dll”.`,
    { field: 'rootDir' },
  )
}

function noWebProject(projects: Project[]): AppError {
  const text = projects.map((it) => it.text).join('\n')
  const why = /<TargetFrameworkVersion>\s*v[1-4]|-windows\b/.test(text)
    ? 'is for Windows, which these containers are not. Move it to .NET 8 or newer'
    : /Sdk\.BlazorWebAssembly/.test(text)
      ? 'is Blazor WebAssembly alone, which is files and no server. Add a web project that hosts it, or a Dockerfile'
      : 'has no web project: none says Sdk="Microsoft.NET.Sdk.Web". Add one, or a Dockerfile'
  return new AppError('no_start_command', `What is here of .NET ${why}.`)
}

function nameOf(file: string, text: string): string {
  const named = /<AssemblyName>\s*([\w.-]+)\s*</.exec(text)?.[1]
  return named ?? file.replace(/^.*\//, '').replace(/\.\w+$/, '')
}
