import { describe, expect, test } from 'vitest'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const project = (sdk: string, body = '<TargetFramework>net8.0</TargetFramework>') =>
  `<Project Sdk="Microsoft.NET.Sdk${sdk}"><PropertyGroup>${body}</PropertyGroup></Project>`
const WEB = project('.Web')
const APP: Tree = { 'Shop.csproj': WEB, 'Program.cs': 'app.MapGet("/", () => "hi");' }
const SOLUTION: Tree = {
  'Shop.sln': '',
  'src/Shop.Web/Shop.Web.csproj': WEB,
  'src/Shop.Core/Shop.Core.csproj': project(''),
  'src/Shop.Tests/Shop.Tests.csproj': WEB,
  'src/UnitTests/Unit.csproj': WEB,
  'tests/Web/Web.csproj': WEB,
}
const TWO: Tree = { 'src/Api/Api.csproj': WEB, 'src/Admin/Admin.csproj': WEB }

const commandsOf = async (...it: Parameters<typeof recipeFor>) => (await recipeFor(...it)).commands
const imagesOf = async (tree: Tree) =>
  [...((await recipeFor(tree)).dockerfile ?? '').matchAll(/^FROM \S+dotnet\/(\S+)/gm)].map(([, image]) => image)

test('a web project is published, and told its port', async () => {
  const { recipe, notes } = await choose(APP)
  expect(recipe).toMatchObject({
    template: 'dotnet',
    framework: 'ASP.NET Core',
    port: 8080,
    healthPath: '/',
    commands: { build: 'dotnet publish Shop.csproj -c Release -o /out', start: 'dotnet Shop.dll' },
  })
  expect(notes).toEqual([])
  await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/dotnet.Dockerfile')
})

describe('which project is the app', () => {
  test('the only web project of a solution', async () => {
    expect(await commandsOf(SOLUTION)).toEqual({
      build: 'dotnet publish src/Shop.Web/Shop.Web.csproj -c Release -o /out',
      start: 'dotnet Shop.Web.dll',
    })
  })

  test('in F#, and by the name it gives its program', async () => {
    const tree = {
      'My App/App.fsproj': project(
        '.Web',
        '<AssemblyName>shop</AssemblyName><TargetFramework>net9.0</TargetFramework>',
      ),
    }
    expect(await recipeFor(tree)).toMatchObject({
      framework: 'ASP.NET Core (F#)',
      commands: { build: "dotnet publish 'My App/App.fsproj' -c Release -o /out", start: 'dotnet shop.dll' },
    })
  })

  test('a name that only ends like a test', async () => {
    expect(await commandsOf({ 'Contest/Contest.csproj': WEB })).toMatchObject({ start: 'dotnet Contest.dll' })
  })

  test('a program that refers to ASP.NET itself', async () => {
    const text = project('', '<OutputType>Exe</OutputType><TargetFramework>net8.0</TargetFramework>')
    const tree = {
      'a.csproj': text.replace('</Project>', '<FrameworkReference Include="Microsoft.AspNetCore.App" /></Project>'),
    }
    expect(await commandsOf(tree)).toMatchObject({ start: 'dotnet a.dll' })
  })

  test('of two none is guessed; a start command or the folder decides', async () => {
    await expect(recipeFor(TWO)).rejects.toMatchObject({ code: 'several_apps', field: 'rootDir' })
    expect(await commandsOf({ ...TWO, Procfile: 'web: dotnet Admin.dll' })).toMatchObject({
      build: expect.stringContaining('src/Admin/Admin.csproj'),
    })
    expect(await commandsOf(TWO, { rootDir: 'src/Api' })).toMatchObject({ start: 'dotnet Api.dll' })
  })

  test('what it refers to above its folder is sent to the build, too', async () => {
    const web = WEB.replace('</Project>', '<ProjectReference Include="..\\Core\\Core.csproj" /></Project>')
    const tree = { 'src/Web/Web.csproj': web, 'src/Core/Core.csproj': project('') }
    expect(await recipeFor(tree, { rootDir: 'src/Web' })).toMatchObject({
      contextFolder: '',
      commands: { build: expect.stringContaining('publish src/Web/Web.csproj') },
    })
  })
})

describe('what is refused', () => {
  test.each([
    ['a library', { 'a.csproj': project('') }, /no web project/],
    ['a console program', { 'a.csproj': project('', '<OutputType>Exe</OutputType>') }, /no web project/],
    [
      '.NET Framework',
      { 'a.csproj': '<Project><TargetFrameworkVersion>v4.7.2</TargetFrameworkVersion></Project>' },
      /Windows/,
    ],
    ['Blazor without a server', { 'a.csproj': project('.BlazorWebAssembly') }, /Blazor/],
  ])('%s', async (_what, tree, message) => {
    await expect(recipeFor(tree as Tree)).rejects.toMatchObject({
      code: 'no_start_command',
      message: expect.stringMatching(message),
    })
  })

  test('a library beside a Node app leaves the app to Node', async () => {
    const tree = { 'a.csproj': project(''), 'package.json': { scripts: { start: 'node i.js' } } }
    expect(await recipeFor(tree)).toMatchObject({ template: 'node' })
  })
})

describe('the version of .NET', () => {
  const targets = (text: string) => ({ 'a.csproj': project('.Web', text) })
  const sdk = (more: object) => ({ ...APP, 'global.json': { sdk: { version: '8.0.100', ...more } } })

  test.each([
    ['that of the project', APP, 'sdk:8.0', 'aspnet:8.0'],
    ['an old one', targets('<TargetFramework>netcoreapp3.1</TargetFramework>'), 'sdk:3.1', 'aspnet:3.1'],
    [
      'the newest of several',
      targets('<TargetFrameworks>net8.0;net10.0;net9.0</TargetFrameworks>'),
      'sdk:10.0',
      'aspnet:10.0',
    ],
    [
      'that of a file above',
      { 'src/a/a.csproj': project('.Web', ''), 'Directory.Build.props': '<TargetFramework>net9.0</TargetFramework>' },
      'sdk:9.0',
      'aspnet:9.0',
    ],
    ['an exact SDK', sdk({}), 'sdk:8.0.100', 'aspnet:8.0'],
    ['an SDK that may be newer', sdk({ rollForward: 'latestFeature', version: '10.0.100' }), 'sdk:10.0', 'aspnet:8.0'],
  ])('%s', async (_what, tree, ...images) => {
    expect(await imagesOf(tree as Tree)).toEqual(images)
  })

  test('of several the one that is published is named', async () => {
    const tree = targets('<TargetFrameworks>net8.0;net9.0</TargetFrameworks>')
    expect(await commandsOf(tree)).toMatchObject({ build: expect.stringMatching(/ -f net9\.0$/) })
  })

  test('one that is computed is not known, and it is said', async () => {
    const { recipe, notes } = await choose(targets('<TargetFramework>$(Ours)</TargetFramework>'))
    expect(recipe.dockerfile).toContain('aspnet:10.0')
    expect(notes[0]).toContain('.NET 10.0 is used')
  })

  test('before .NET 8 the whole address is set', async () => {
    const { dockerfile } = await recipeFor(targets('<TargetFramework>net6.0</TargetFramework>'))
    expect(dockerfile).toContain('ASPNETCORE_URLS=http://0.0.0.0:8080')
  })
})

test('Node is there where publishing builds a front end', async () => {
  const tree = {
    'a.csproj': project('.Web', '<SpaRoot>ClientApp\\</SpaRoot><TargetFramework>net8.0</TargetFramework>'),
  }
  expect((await recipeFor(tree)).dockerfile).toContain('COPY --from=node:24-slim /usr/local /usr/local')
  expect((await recipeFor(APP)).dockerfile).not.toContain('node:')
})

test('where the app maps its health checks is where it is asked', async () => {
  expect((await recipeFor({ ...APP, 'Program.cs': 'app.MapHealthChecks("/healthz");' })).healthPath).toBe('/healthz')
})

test('the settings go first', async () => {
  const overrides = { buildCommand: 'dotnet publish -o /out', startCommand: './Shop', releaseCommand: './Shop migrate' }
  expect(await commandsOf(APP, { overrides })).toEqual({
    build: 'dotnet publish -o /out',
    start: './Shop',
    release: './Shop migrate',
  })
})
