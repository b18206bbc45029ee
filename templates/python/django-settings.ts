import type { Source } from '../../server/templates/source.ts'
import { type CodeFile, readLenient } from './code.ts'

/** What Django's settings say, all files of their package together. */
export type DjangoSettings = {
  module: string
  file: string
  text: string
  /** manage.py names others, so commands have to be told. */
  isOther: boolean
}

/** Settings that nobody means for a server, and their neighbours that somebody does. */
const FOR_WORK = /\.(local|dev|develop|development|base|test)$/
const FOR_SERVERS = ['production', 'prod', 'deploy', 'live']

/** The module that manage.py or wsgi.py names, or the one for servers beside it; undefined when neither names one. */
export async function readDjangoSettings(
  source: Source,
  folder: string,
  code: readonly CodeFile[],
): Promise<DjangoSettings | undefined> {
  const within = code.filter(({ file }) => file.startsWith(folder))
  const wsgi = within.find(({ file }) => /(^|\/)(wsgi|asgi)\.py$/.test(file))
  const manage = await source.text(`${folder}manage.py`)
  const named = [wsgi?.text, manage].map((text) => settingsNamed(text ?? '')).filter((it) => it !== undefined)
  const module = forServers(named, folder, source)
  if (module === undefined) return undefined
  const base = folder + module.replaceAll('.', '/')
  const file = source.has(`${base}.py`) ? `${base}.py` : `${base}/__init__.py`
  const parent = file.slice(0, file.lastIndexOf('/') + 1)
  const isPackage = parent.endsWith('settings/') || file.endsWith('__init__.py')
  const files = isPackage ? source.files.filter((it) => it.startsWith(parent) && it.endsWith('.py')) : [file]
  const texts = await Promise.all(files.map(async (it) => (await readLenient(source, it)) ?? ''))
  const isOther = settingsNamed(manage ?? '') !== module
  return { module, file, text: texts.join('\n').replace(/^[ \t]*#.*$/gm, ''), isOther }
}

const settingsNamed = (text: string) =>
  /DJANGO_SETTINGS_MODULE['"]\s{0,9}[,\]=]\s{0,9}=?\s{0,9}['"]([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)['"]/.exec(text)?.[1]

function forServers(named: string[], folder: string, source: Source): string | undefined {
  const own = named.find((it) => !FOR_WORK.test(it))
  if (own !== undefined || named[0] === undefined) return own
  const parent = named[0].replace(FOR_WORK, '')
  const better = FOR_SERVERS.find((it) => source.has(`${folder}${parent.replaceAll('.', '/')}/${it}.py`))
  return better === undefined ? named[0] : `${parent}.${better}`
}

/**
 * A line for the shell that gives each variable the settings cannot do without a value for the build alone, where the
 * build has none: collecting files needs no secret and no database.
 */
export function placeholders({ text, module, isOther }: DjangoSettings): string {
  const secret =
    /^SECRET_KEY[^\n'"]{0,200}(?:environ|getenv|env|config)[^\n'"]{0,50}['"]([A-Z][A-Z0-9_]{0,60})['"]/m.exec(text)?.[1]
  const needed = text.matchAll(
    /(?:\benviron\[|\b(?:env|config)(?:\.\w{1,20})?\(|\bget_\w{0,20}(?:env|secret)\w{0,20}\()\s{0,20}['"]([A-Z][A-Z0-9_]{0,60})['"]\s{0,20}(?:\]|\)|,\s{0,20}cast\b)/g,
  )
  const names = [...needed].map(([, name = '']) => name)
  if (/\benv\.db(_url)?\(\s{0,20}\)/.test(text)) names.push('DATABASE_URL')
  const all = new Set([...(secret ? [secret] : []), ...names])
  const values = [...all].map((name) => [name, placeholderFor(name)])
  if (isOther) values.push(['DJANGO_SETTINGS_MODULE', module])
  return values.map(([name, value]) => `${name}="\${${name}:-${value}}"`).join(' ')
}

function placeholderFor(name: string): string {
  if (/(DATABASE|DB)_UR[LI]$/.test(name)) return 'sqlite:////tmp/build.sqlite3'
  if (/REDIS|CELERY|CACHE/.test(name) && /UR[LI]$/.test(name)) return 'redis://localhost'
  if (/UR[LI]$/.test(name)) return 'http://localhost'
  return /SECRET|KEY|TOKEN|PASS/.test(name) ? 'only-for-the-build' : '1'
}
