import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../server/errors.ts'
import { checkBranch, checkRelativePath, checkRootDir, parseRepository, readTree } from '../../server/repository.ts'

const GITHUB = 'https://github.com'
const anything = fc.string({ unit: 'binary', maxLength: 120 })
/** Text made of the parts that addresses are made of: far likelier to get through than noise. */
const good = fc.constantFrom('o', 'r', 'o-1', 'r.git', 'tree', 'blob', 'main', 'package.json')
const bad = fc.constantFrom(
  ...[
    '..',
    '.git',
    '-x',
    '--upload-pack=x',
    '$(id)',
    'a;b',
    'a b',
    'a\\b',
    '%2e%2e',
    '%2f',
    '%00',
    '%',
    '?x',
    '#y',
    '',
  ],
)
const part = fc.oneof({ weight: 4, arbitrary: good }, { weight: 1, arbitrary: bad })
const addressLike = fc
  .tuple(
    fc.constantFrom('', 'https://', 'https://github.com/', 'github.com/', 'git@github.com:', 'ext::', 'file:///', '//'),
    fc.array(part, { minLength: 1, maxLength: 6 }),
  )
  .map(([start, parts]) => start + parts.join('/'))

const treeOf = (address: string, branches: string[] = []) =>
  readTree(parseRepository(address, GITHUB).tree ?? { path: '' }, branches)

/** The outcome, or undefined where the text was refused as it should be. */
function accepted<T>(check: () => T): T | undefined {
  try {
    return check()
  } catch (error) {
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).code).toBe('invalid_input')
    expect((error as AppError).message).toMatch(/\.$/)
    return undefined
  }
}

describe('4 an address with characters of a shell', () => {
  test('of what is typed only owner, name, branch and folder survive', () => {
    let through = 0
    fc.assert(
      fc.property(fc.oneof(anything, addressLike), (typed) => {
        const ref = accepted(() => parseRepository(typed, GITHUB))
        if (!ref) return
        through += 1
        expect(ref.url).toBe(`${GITHUB}/${ref.owner}/${ref.name}`)
        expect(ref.url).toMatch(/^https:\/\/github\.com\/[A-Za-z0-9][A-Za-z0-9_-]*\/[A-Za-z0-9._-]+$/)
        expect(new URL(ref.url).href).toBe(ref.url)
        const tree = accepted(() => readTree(ref.tree ?? { path: 'main' }, []))
        expect(tree?.branch ?? '').not.toMatch(/^-|[\s$`;|&<>\\'"]/)
        expect((tree?.dir ?? '').split('/')).not.toContain('..')
      }),
      { numRuns: 3000 },
    )
    expect(through).toBeGreaterThan(20)
  })

  test.each([
    'https://github.com/o/r',
    'https://github.com/o/r/',
    'https://github.com/o/r.git',
    'http://github.com/o/r',
    'HTTPS://GITHUB.COM/o/r',
    'github.com/o/r',
    'GitHub.com/o/r.git',
    'git@github.com:o/r.git',
    'git@github.com:o/r',
    'o/r',
    '  o/r  ',
    'https://github.com/o/r#readme',
    'https://github.com/o/r#$(id)',
    'https://github.com/o/r?tab=readme-ov-file',
    'git clone https://github.com/o/r.git',
    '$ git clone git@github.com:o/r.git',
    'gh repo clone o/r',
    'https://github.com/o/r/pull/3/files',
    'https://github.com/o/r/issues?q=is%3Aopen',
    'https://github.com/o/r/commits/main',
    'github.com/o/r/commit/0123456789abcdef0123456789abcdef01234567',
    'https://github.com/o/r/blob/0123456789abcdef0123456789abcdef01234567/server.js#L3',
    'https://github.com/o/r/blob',
    'https://github.com/o/r/actions/runs/1/job/$(id)',
  ])('%s is o/r', (typed) =>
    expect(parseRepository(typed, GITHUB)).toEqual({ url: `${GITHUB}/o/r`, owner: 'o', name: 'r' }),
  )

  test('a page of a folder names branch and folder', () => {
    expect(treeOf('https://github.com/o/r/tree/main/apps/web')).toEqual({ branch: 'main', dir: 'apps/web' })
  })

  test.each([
    ['fix/login/apps/web', ['main', 'fix/login', 'fix'], 'fix/login', 'apps/web'],
    ['fix/login', ['fix/login'], 'fix/login', ''],
    ['fix/login2', ['fix/login'], 'fix', 'login2'],
    ['fix/%2312', ['fix/#12'], 'fix/#12', ''],
    ['fix%2Flogin/apps', ['fix/login'], 'fix/login', 'apps'],
    ['other/apps', ['main'], 'other', 'apps'],
  ])('tree/%s with the branches %j is %s and “%s”', (address, branches, branch, dir) => {
    expect(treeOf(`o/r/tree/${address}`, branches)).toEqual({ branch, dir })
  })

  test.each([
    ['blob/main/server.js', 'main', ''],
    ['blob/main/server.js#L3-L9', 'main', ''],
    ['blob/main/README.md?plain=1', 'main', ''],
    ['edit/main/apps/web/package.json', 'main', 'apps/web'],
    ['blob/fix/login/Dockerfile', 'fix/login', ''],
    ['raw/fix/login/site/index.html', 'fix/login', 'site'],
    ['blame/main/src/deep/main.ts', 'main', ''],
  ])('the page of a file, %s, is branch %s and folder “%s”', (page, branch, dir) => {
    expect(treeOf(`https://github.com/o/r/${page}`, ['main', 'fix/login'])).toEqual({ branch, dir })
  })

  test.each([
    'o/r/blob/main/server.js',
    'o/r/pull/3',
    'git@github.com:o/r/pull/3',
    'https://github.com/orgs/acme/repositories',
    'https://github.com/settings/tokens/new',
    'https://evil.example/o/r/pull/3',
    'git clone --upload-pack=id o/r',
    'git clone https://github.com/o/r folder',
    'git clone git clone o/r',
    'git cloneo/r',
    'https://github.com/o',
  ])('%s is none', (typed) => expect(accepted(() => parseRepository(typed, GITHUB))).toBeUndefined())

  test('the page of a file leads nowhere that a folder’s page does not', () => {
    for (const page of ['blob/--upload-pack=x/a', 'blob/main/../../a/b', 'blob/main/.git/package.json', 'blob/%00/a'])
      expect(accepted(() => treeOf(`https://github.com/o/r/${page}`))?.dir ?? '').toBe('')
    expect(accepted(() => treeOf('https://github.com/o/r/blob/--upload-pack=x/a'))).toBeUndefined()
  })

  test.each(['', 'main/../etc', '-x', 'main/.git', '%00'])('tree/%s is refused', (address) => {
    expect(accepted(() => treeOf(`o/r/tree/${address}`))).toBeUndefined()
  })
})

describe('2, 3 branches', () => {
  const likely = fc.string({ unit: fc.constantFrom(...'abcXYZ019._/@+#=,-{~^:\\ é中'), maxLength: 20 })

  test('git accepts every branch that is accepted here, and takes none for an option', () => {
    fc.assert(
      fc.property(fc.oneof(likely, anything), (typed) => {
        const branch = accepted(() => checkBranch(typed))
        if (branch === undefined) return
        expect(branch.startsWith('-')).toBe(false)
        execFileSync('git', ['check-ref-format', '--branch', branch], { stdio: 'pipe' })
      }),
      { numRuns: 300 },
    )
  })

  test.each([
    'main',
    'feature/new-thing',
    'release-1.2',
    'dependabot/npm_and_yarn/x-1.0.0',
    'user@fix',
    'größe',
    'fix#12',
  ])('%s is a branch', (branch) => expect(checkBranch(branch)).toBe(branch))

  test.each(['a/.b', 'a.lock/b', 'a..b', 'a//b', 'a/', 'a.', '@', 'a@{1}', '--all', '-b', ''])('%j is none', (branch) =>
    expect(accepted(() => checkBranch(branch))).toBeUndefined(),
  )
})

describe('13 paths inside the repository', () => {
  test('whatever is accepted stays inside and names no .git', () => {
    fc.assert(
      fc.property(
        fc.oneof(anything, fc.string({ unit: fc.constantFrom('..', '.', '/', '.git', 'a', '\\', '\0', '~', ' ') })),
        (typed) => {
          for (const path of [
            accepted(() => checkRelativePath(typed, 'field')),
            accepted(() => checkRootDir(typed)),
          ].filter((it) => it !== undefined)) {
            const parts = path.split('/')
            expect(parts).not.toContain('..')
            expect(parts).not.toContain('.git')
            expect(path).not.toMatch(/^\/|[\0\n\\]/)
          }
        },
      ),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['', ''],
    ['/', ''],
    ['.', ''],
    ['./', ''],
    ['./apps/web/', 'apps/web'],
    ['/apps/web', 'apps/web'],
    ['apps/[slug] (old)', 'apps/[slug] (old)'],
  ])('the folder %j is %j', (typed, dir) => expect(checkRootDir(typed)).toBe(dir))
})
