import { AppError } from '../../server/errors.ts'
import { type CodeFile, imports, rankOf } from './code.ts'
import { moduleOf } from './module.ts'
import type { Target } from './start.ts'

/** A framework whose app is an object that a server is told of. */
export type Framework = { title: string; package: string; makes: string; protocol: 'asgi' | 'wsgi' | 'sanic' }

export const FRAMEWORKS: Framework[] = [
  { title: 'FastAPI', package: 'fastapi', makes: 'FastAPI', protocol: 'asgi' },
  { title: 'Litestar', package: 'litestar', makes: 'Litestar', protocol: 'asgi' },
  { title: 'Quart', package: 'quart', makes: 'Quart', protocol: 'asgi' },
  { title: 'FastHTML', package: 'fasthtml', makes: 'fast_app|FastHTML', protocol: 'asgi' },
  { title: 'Starlette', package: 'starlette', makes: 'Starlette', protocol: 'asgi' },
  { title: 'Sanic', package: 'sanic', makes: 'Sanic', protocol: 'sanic' },
  { title: 'Flask', package: 'flask', makes: 'Flask', protocol: 'wsgi' },
  { title: 'Flask', package: 'apiflask', makes: 'APIFlask', protocol: 'wsgi' },
  { title: 'Flask', package: 'flask_openapi3', makes: 'OpenAPI', protocol: 'wsgi' },
  { title: 'Falcon', package: 'falcon', makes: 'asgi\\.App', protocol: 'asgi' },
  { title: 'Falcon', package: 'falcon', makes: 'falcon\\.(?:App|API)', protocol: 'wsgi' },
  { title: 'Bottle', package: 'bottle', makes: 'Bottle', protocol: 'wsgi' },
]

/** Names by which a function is known to make the app. */
const FACTORIES = 'create_app|make_app|get_app|build_app|init_app|create_application|get_application'
const USUAL = ['app', 'application', 'api', 'server']

export type FoundApp = { framework: Framework; code: CodeFile; target: Target }

/** Where the framework's app is made, the likeliest place; undefined when it is nowhere. @throws several_apps */
export function findApp(
  framework: Framework,
  code: readonly CodeFile[],
  modules: ReadonlySet<string>,
): FoundApp | undefined {
  const using = code.filter((it) => imports(it, framework.package))
  if (using.length === 0) return undefined
  const found = entriesOf(framework, using, code).flatMap(({ code, ...object }) => {
    const module = moduleOf(code, modules)
    return module ? [{ framework, code, target: { module: module.name, root: module.root, ...object } }] : []
  })
  const [first] = found
  const equal = found.filter(({ code }) => first && rankOf(code.file) === rankOf(first.code.file))
  if (new Set(equal.map(({ code }) => code.file)).size > 1) throw severalIn(framework, equal)
  return first
}

type Entry = { code: CodeFile; name: string; isFactory?: boolean }

/** What was written for servers, wsgi.py and asgi.py; then the objects, then the functions that make one. */
function entriesOf({ makes, protocol }: Framework, using: readonly CodeFile[], code: readonly CodeFile[]): Entry[] {
  const file = protocol === 'wsgi' ? /^([\w-]+\/)?wsgi\.py$/ : /^([\w-]+\/)?asgi\.py$/
  const forServers = code.filter((it) => file.test(it.file) && !it.text.includes('django'))
  const factories = using.filter(({ text }) => new RegExp(`\\b(?:${makes})\\(`).test(text)).flatMap(factoryIn)
  return [
    ...objectsIn(
      forServers,
      /^(?:from[ \t]+\S+[ \t]+import[ \t]+(?:.*\b)?)?(app|application)\b(?=[ \t]*(?:=|,|\r?$))/gm,
    ),
    ...objectsIn(using, new RegExp(`${ASSIGNED}(?:${makes})\\(`, 'gm')),
    ...(factories.length > 0 ? objectsIn(code, new RegExp(`${ASSIGNED}(?:${FACTORIES})\\(`, 'gm')) : []),
    ...factories,
  ]
}

/** `app = `, `app: FastAPI = `, `app, rt = `, at the beginning of a line; and the module before what follows. */
const ASSIGNED = '^(\\w+)(?:[ \\t]*:[^=\\n]{1,200})?(?:[ \\t]*,[ \\t]*\\w+){0,9}[ \\t]*=[ \\t]*(?:\\w+\\.){0,9}'

function objectsIn(code: readonly CodeFile[], pattern: RegExp): Entry[] {
  return code.flatMap((it) => {
    const names = [...it.text.matchAll(pattern)].map(([, name = '']) => name)
    const name = USUAL.find((usual) => names.includes(usual)) ?? names[0]
    return name === undefined ? [] : [{ code: it, name }]
  })
}

/** The function that makes the app, where it can be called without arguments. */
function factoryIn(code: CodeFile): Entry[] {
  const functions = [...code.text.matchAll(new RegExp(`^def (${FACTORIES})\\(([^)]{0,2000})\\)`, 'gm'))]
  const name = functions.find(([, , parameters = '']) => parameters.split(',').every(isOptional))?.[1]
  return name === undefined ? [] : [{ code, name, isFactory: true }]
}

const isOptional = (parameter: string) => parameter.trim() === '' || /^[ \t\r\n]*[*/]|=/.test(parameter)

function severalIn({ title }: Framework, found: readonly FoundApp[]): AppError {
  const names = found.slice(0, 4).map(({ code }) => code.file)
  return new AppError(
    'several_apps',
    `There are several ${title} apps: ${names.join(', ')}. Name the folder of the one to run, or give its start command.`,
    { field: 'overrides.startCommand' },
  )
}
