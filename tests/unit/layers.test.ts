import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const server = path.join(import.meta.dirname, '..', '..', 'server')

type Import = { from: string; to: string; onlyTypes: boolean }

/** Static imports and re-exports, `import()` and `require()`; what is ours as a path below server/. */
const imports: Import[] = globSync('**/*.ts', { cwd: server }).flatMap((from) => {
  const text = readFileSync(path.join(server, from), 'utf8')
  const found = [
    ...text.matchAll(/^(?:import|export)\b(?<what>[^'"]*?)\bfrom '(?<to>[^']+)'/gm),
    ...text.matchAll(/^import '(?<to>[^']+)'/gm),
    ...text.matchAll(/\b(?:import|require|resolve)\('(?<to>[^']+)'\)/g),
  ]
  return found.map(({ groups: { what = '', to = '' } = {} }) => ({
    from,
    to: to.startsWith('.') ? path.join(path.dirname(from), to) : to,
    onlyTypes: /^\s*type\b/.test(what) || /^\s*\{(\s*type [^,}]+,?)+\s*\}/.test(what),
  }))
})

/** The layer a file belongs to; files at the top that wire nothing are words that every layer uses. */
function layerOf(file: string): string {
  const folder = file.split('/')[0] ?? ''
  if (file.includes('/')) return folder
  return ['app.ts', 'main.ts', 'deps.ts'].includes(file) ? file : 'words'
}

const MAY_IMPORT: Record<string, string[]> = {
  'main.ts': ['app.ts', 'deps.ts', 'http', 'deploy', 'words'],
  'app.ts': ['deps.ts', 'http', 'deploy', 'words'],
  'deps.ts': ['templates', 'db', 'adapters', 'words'],
  http: ['deps.ts', 'http', 'deploy', 'templates', 'db', 'words'],
  deploy: ['deps.ts', 'deploy', 'templates', 'db', 'adapters', 'words'],
  templates: ['templates', 'words'],
  db: ['db', 'words'],
  adapters: ['adapters', 'words'],
  words: ['words'],
}

/** Shapes of rows may be named where the rows are not touched. */
const TYPES_FROM_DB = new Set(['templates', 'adapters', 'words'])

const packageOf = (to: string) => (to.startsWith('@') ? to.split('/').slice(0, 2) : to.split('/').slice(0, 1)).join('/')
const filesThatImport = (name: RegExp) => [
  ...new Set(imports.filter(({ to }) => name.test(packageOf(to))).map((it) => it.from)),
]

describe('imports', () => {
  test('are all seen: the server’s files know each other', () => {
    expect(imports.length).toBeGreaterThan(200)
    expect(imports).toContainEqual({ from: 'deploy/pipeline.ts', to: 'deploy/steps/claim-port.ts', onlyTypes: false })
    expect(imports).toContainEqual({ from: 'deploy/pipeline.ts', to: 'deploy/step.ts', onlyTypes: true })
  })

  test('point one way: http → deploy → templates, db, adapters', () => {
    const ours = imports.filter(({ to }) => to.endsWith('.ts'))
    const wrong = ours.filter(({ from, to, onlyTypes }) => {
      const [layer, target] = [layerOf(from), layerOf(to)]
      const isShape = onlyTypes && target === 'db' && TYPES_FROM_DB.has(layer)
      return !isShape && !MAY_IMPORT[layer]?.includes(target)
    })
    expect(wrong).toEqual([])
  })

  test('of deps.ts from below are of its type alone: nothing below http makes adapters', () => {
    const making = imports.filter(({ to, onlyTypes }) => to === 'deps.ts' && !onlyTypes).map((it) => it.from)
    expect(making).toEqual(['main.ts'])
  })

  test('of Kysely stand in db/ alone', () => {
    const outside = imports.filter(({ from, to }) => packageOf(to) === 'kysely' && layerOf(from) !== 'db')
    expect(outside).toEqual([{ from: 'deps.ts', to: 'kysely', onlyTypes: true }])
    const opening = imports.filter(({ to, onlyTypes }) => to === 'sqlite3' && !onlyTypes)
    expect(opening.map((it) => it.from)).toEqual(['db/open.ts'])
    expect(filesThatImport(/^sqlite3$/).filter((file) => layerOf(file) !== 'db')).toEqual([])
  })

  test.each(['dockerode', 'simple-git', 'cloudflare'])('of %s stand in adapters/ alone', (name) => {
    const files = filesThatImport(new RegExp(`^${name}$`))
    expect(files.length).toBeGreaterThan(0)
    expect(files.filter((file) => layerOf(file) !== 'adapters')).toEqual([])
  })

  test('of child_process stand in one file, and no text is handed to a shell', () => {
    const starting = imports.filter(({ to, onlyTypes }) => /child_process$/.test(to) && !onlyTypes)
    expect(starting.map((it) => it.from)).toEqual(['adapters/run-program.ts'])
    const text = readFileSync(path.join(server, 'adapters', 'run-program.ts'), 'utf8')
    expect(text).not.toMatch(/\bexec\(|\bexecSync\(|shell: *true/)
  })
})

test('migrations import nothing of the server: what they meant when they were released stays so', () => {
  const wrong = imports.filter(({ from, to }) => /^db\/migrations\/\d/.test(from) && to.endsWith('.ts'))
  expect(wrong).toEqual([])
})
