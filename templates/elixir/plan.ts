import { AppError } from '../../server/errors.ts'
import { readProcfile } from '../../server/templates/procfile.ts'
import type { Source } from '../../server/templates/source.ts'
import type { PlanFunction, PlanRequest } from '../../server/templates/template-plan.ts'
import { planLent } from '../node/lend.ts'
import { chooseElixir } from './elixir-version.ts'
import { type Mix, readMix } from './mix.ts'

const INSTALL = 'mix deps.get --only prod && mix deps.compile'

/** A release of mix, which runs without Elixir: Phoenix, Plug, or what an application starts by itself. */
export const plan: PlanFunction = async (request) => {
  const { source } = request
  const mix = await readMix(source)
  if (mix === undefined) return undefined
  const procfile = await readProcfile(source)
  const commands = commandsOf(request, mix, procfile)
  const elixir = await chooseElixir(source, mix.elixir)
  const lends = mix.aliases.assetsDeploy && source.has('assets/package.json')
  const node = lends ? await planLent(request, 'assets') : undefined
  return {
    framework: nameOf(mix),
    kind: 'server',
    commands,
    extraFiles: { ...node?.extraFiles },
    values: { version: elixir.tag, debian: elixir.debian, node, ...valuesOf(request, mix, commands) },
    notes: [...elixir.notes, ...notesOf(request, mix, procfile.web), ...(node?.notes ?? [])],
  }
}

/** @throws no_start_command when nothing is started, or it is not clear which release is meant */
function commandsOf({ settings }: PlanRequest, mix: Mix, procfile: Record<string, string>) {
  const web = startsByMix(procfile.web) ? undefined : procfile.web
  if (!mix.startsSomething && settings.startCommand === undefined && web === undefined) throw nothingStarts()
  const name = chooseRelease(mix)
  const install = settings.installCommand ?? (mix.dependencies.size > 0 ? INSTALL : undefined)
  const assets = settings.buildCommand ?? (mix.aliases.assetsDeploy ? 'mix compile && mix assets.deploy' : undefined)
  const release = settings.releaseCommand ?? procfile.release
  const makeRelease = `mix release ${mix.releases.length > 0 ? `${name} ` : ''}--path /release`
  return {
    ...(install && { install }),
    build: assets === undefined ? makeRelease : `${assets} && ${makeRelease}`,
    start: settings.startCommand ?? web ?? `/release/bin/${name} start`,
    ...(release && { release }),
  }
}

const valuesOf = ({ source }: PlanRequest, mix: Mix, { start, release }: { start: string; release?: string }) => ({
  hasDependencies: mix.dependencies.size > 0,
  keepsMix: [start, release ?? ''].some((it) => /\b(mix|iex|elixir)\b/.test(it)),
  sourcesFirst: mix.hasPathDependency,
  manifests: [...manifestsAt(source, ''), ...mix.folders.flatMap((it) => manifestsAt(source, `${it}/`))],
  isPhoenix: mix.dependencies.has('phoenix'),
})

/** What a release does by itself. */
const startsByMix = (web: string | undefined) =>
  /^(\w+=\S+ )*(elixir( -\S+( [^-\s]\S*)?)* -S )?mix (phx\.server|run --no-halt)$/.test(web ?? '')

function nameOf({ dependencies, isUmbrella }: Mix): string {
  if (dependencies.has('phoenix')) return isUmbrella ? 'Phoenix (umbrella)' : 'Phoenix'
  const server = [
    ['bandit', 'Bandit'],
    ['plug_cowboy', 'Plug'],
    ['cowboy', 'Cowboy'],
  ].find(([name = '']) => dependencies.has(name))
  return server ? `Elixir (${server[1]})` : 'Elixir'
}

/** The names are words by how they are read: they get into commands. @throws no_start_command when it is not clear */
function chooseRelease({ app, releases }: Mix): string {
  const only = releases.length === 1 ? releases[0] : undefined
  const name = only ?? (app !== undefined && (releases.length === 0 || releases.includes(app)) ? app : undefined)
  if (name !== undefined) return name
  throw new AppError(
    'no_start_command',
    releases.length === 0
      ? 'mix.exs names no app and no release. In an umbrella, say by `releases: [hello: [applications: [hello_web: :permanent]]]` what is started.'
      : `mix.exs has the releases ${releases.join(', ')}. Slipway deploys the one that is called like the app: give the others a repository or a Dockerfile.`,
  )
}

const nothingStarts = () =>
  new AppError(
    'no_start_command',
    'mix.exs starts nothing: its `application` has no `mod:`. This is a library, or a program for the command line. Add an application with a server, or give a start command.',
    { field: 'overrides.startCommand' },
  )

/** What dependencies are compiled with, in COPY lines: names of the usual kind only. */
function manifestsAt(source: Source, folder: string): { files: string[]; to: string }[] {
  const present = (files: string[]) => files.filter((it) => source.has(it) && /^[\w./-]+$/.test(it))
  const top = present([`${folder}mix.exs`, `${folder}mix.lock`])
  const config = present(source.find(`${folder}config/*.exs`)).filter((it) => !/\/(runtime|dev|test)\.exs$/.test(it))
  return [
    ...(top.length > 0 ? [{ files: top, to: `./${folder}` }] : []),
    ...(config.length > 0 ? [{ files: config, to: `./${folder}config/` }] : []),
  ]
}

function notesOf({ source, env, settings }: PlanRequest, mix: Mix, web: string | undefined): string[] {
  const lacks = (key: string) => !env.some((it) => it.key === key)
  const isPhoenix = mix.dependencies.has('phoenix')
  const usesDatabase = mix.dependencies.has('ecto_sql')
  const hasRelease = settings.releaseCommand !== undefined || source.has('Procfile')
  return [
    ...(startsByMix(web) ? [`The Procfile's “${web}” needs mix: the release is started in its place.`] : []),
    ...(isPhoenix && lacks('SECRET_KEY_BASE')
      ? ['Set SECRET_KEY_BASE, as `mix phx.gen.secret` makes it: Phoenix does not start without it.']
      : []),
    ...(isPhoenix && lacks('PHX_HOST')
      ? ['Set PHX_HOST to the hostname of the app: LiveView refuses the sockets of other hosts.']
      : []),
    ...(usesDatabase && lacks('DATABASE_URL') && lacks('DATABASE_PATH')
      ? ['No DATABASE_URL is set: most apps with Ecto do not start without it.']
      : []),
    ...(usesDatabase && !hasRelease
      ? [
          'The tables are not made by themselves: give a release command such as `/release/bin/NAME eval "MyApp.Release.migrate"`.',
        ]
      : []),
    ...(mix.aliases.assetsDeploy && (mix.dependencies.has('esbuild') || mix.dependencies.has('tailwind'))
      ? ['The assets are built with programs that mix downloads: esbuild from npm, tailwind from GitHub.']
      : []),
    ...(isPhoenix ? [] : ['The app has to listen on the port of the variable PORT, on 0.0.0.0.']),
  ]
}
