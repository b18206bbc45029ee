import { readProcfile } from '../../server/templates/procfile.ts'
import type { Source } from '../../server/templates/source.ts'
import type { PlanFunction } from '../../server/templates/template-plan.ts'
import { chooseVersions } from './dotnet-version.ts'
import { chooseProject, findProjects, type Project } from './find-projects.ts'

/** A solution or project with one web app. */
export const plan: PlanFunction = async ({ source, settings }) => {
  const projects = await findProjects(source)
  const procfile = await readProcfile(source)
  const said = settings.startCommand ?? procfile.web
  const project = chooseProject(projects, said)
  const { sdk, runtime, framework, notes } = await chooseVersions(source, project.file, project.text)
  // what it refers to above the app's folder has to be there while building
  const needsTop = source.folder !== '' && /<ProjectReference\s+Include="\.\.[\\/]/.test(project.text)
  const file = needsTop ? `${source.folder}/${project.file}` : project.file
  const healthPath = await findHealthPath(source, project)
  return {
    framework: project.file.endsWith('.fsproj') ? 'ASP.NET Core (F#)' : 'ASP.NET Core',
    kind: 'server',
    commands: {
      ...(settings.installCommand !== undefined && { install: settings.installCommand }),
      build:
        settings.buildCommand ??
        `dotnet publish ${quoted(file)} -c Release -o /out${framework ? ` -f ${framework}` : ''}`,
      start: said ?? `dotnet ${quoted(`${project.name}.dll`)}`,
    },
    values: {
      sdk,
      runtime,
      needsNode: /\bnpm\b|<SpaRoot>|\.esproj/.test(project.text),
      // .NET 8 knows ports alone; those before know addresses
      knowsPorts: Number.parseInt(runtime, 10) >= 8,
    },
    ...(healthPath !== undefined && { healthPath }),
    ...(needsTop && { contextFolder: '' }),
    notes,
  }
}

/** A path for the shell. */
const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`)

/** `app.MapHealthChecks("/healthz")` */
async function findHealthPath(source: Source, { file }: Project): Promise<string | undefined> {
  const folder = file.split('/').slice(0, -1)
  const texts = await Promise.all(
    ['Program.cs', 'Startup.cs', 'Program.fs'].map(async (name) => source.text([...folder, name].join('/'))),
  )
  return /(?:MapHealthChecks|UseHealthChecks)\s*\(\s*"(\/[\w./-]*)"/.exec(texts.join('\n'))?.[1]
}
