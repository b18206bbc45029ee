import { describe, expect, test } from 'vitest'
import type { DeploymentView, RepositoryView } from '../../server/http/views.ts'
import { emptySettings, problemsOfSettings, toBuildInput } from '../../web/src/deployments/build-settings.ts'
import { changesOf, hasChanges } from '../../web/src/deployments/env-changes.ts'
import { parseEnvFile } from '../../web/src/deployments/env-file.ts'
import * as env from '../../web/src/deployments/env-rows.ts'
import {
  emptyDraft,
  filledIn,
  isKeyFor,
  madeFrom,
  toCreateInput,
  toPlanInput,
} from '../../web/src/deployments/new-app.ts'
import { sayEffects } from '../../web/src/deployments/plan-words.ts'
import { inert } from '../../web/src/ui/inert.ts'

const repository: RepositoryView = {
  url: 'https://github.com/acme/shop',
  owner: 'acme',
  name: 'shop',
  branch: 'next',
  rootDir: 'apps/web',
  defaultBranch: 'main',
  branches: ['main', 'next'],
  isPrivate: false,
  suggestedSubdomain: 'shop-2',
}

describe('a new app', () => {
  test('sends what was typed, and what the repository suggests where nothing was', () => {
    const draft = { ...emptyDraft('https://github.com/acme/shop/tree/next/apps/web'), name: 'My shop' }
    expect(toCreateInput(draft, repository)).toEqual({
      githubUrl: repository.url,
      branch: 'next',
      rootDir: 'apps/web',
      name: 'My shop',
      subdomain: 'shop-2',
    })
  })

  test('can be sent before the repository has answered', () => {
    expect(toCreateInput(emptyDraft(' acme/shop '), undefined)).toEqual({ githubUrl: 'acme/shop' })
  })

  test('is found among the others by its repository and address', () => {
    const input = toCreateInput({ ...emptyDraft('acme/shop'), subdomain: 'Shop' }, repository)
    const app = { githubUrl: repository.url, subdomain: 'shop', isDeleting: false } as DeploymentView
    const others = [
      { ...app, subdomain: 'shop-3' },
      { ...app, githubUrl: 'https://github.com/acme/other' },
      { ...app, isDeleting: true },
    ]
    expect(madeFrom(input, [...others, app])).toBe(app)
    expect(madeFrom(input, others)).toBeUndefined()
    expect(madeFrom({ githubUrl: repository.url }, [app])).toBeUndefined()
  })

  test('a folder that was emptied stays empty, though the address names one', () => {
    const draft = { ...emptyDraft('acme/shop/tree/next/apps/web'), rootDir: '' }
    expect(filledIn(draft, repository).rootDir).toBe('')
    expect(toCreateInput(draft, repository)).not.toHaveProperty('rootDir')
  })

  test('is planned without the values of its variables, but for the port', () => {
    const rows = [
      env.newRow({ key: 'PORT', value: '4000' }),
      env.newRow({ key: 'NPM_TOKEN', value: 'hush', secret: true, buildTime: true }),
      env.newRow({ key: 'API_KEY', value: 'hush', secret: true }),
    ]
    const input = toPlanInput({ ...emptyDraft('acme/shop'), env: rows }, repository)
    expect(input.env?.map(({ key, value }) => [key, value])).toEqual([
      ['PORT', '4000'],
      ['NPM_TOKEN', ''],
    ])
    expect(JSON.stringify(input)).not.toContain('hush')
  })
})

describe('rows of variables', () => {
  test('go to the API in their order, without empty and removed ones; a masked value stays away', () => {
    const rows = [
      env.newRow({ key: ' B ', value: ' x ' }),
      env.newRow(),
      env.newRow({ key: 'OLD', value: '1', isRemoved: true }),
      ...env.rowsOf([{ key: 'A', value: '••••', secret: true, buildTime: false }]),
    ]
    expect(env.toEnvInput(rows)).toEqual([
      { key: 'B', value: ' x ', secret: false, buildTime: false },
      { key: 'A', secret: true, buildTime: false },
    ])
  })

  test.each(['API_KEY', 'TOKEN', 'db_password', 'clientSecret', 'STRIPE_SECRET_KEY', 'AUTH', 'GITHUB_PAT_TOKEN'])(
    '%s looks secret',
    (key) => expect(env.looksSecret(key)).toBe(true),
  )
  test.each(['PORT', 'KEYBOARD', 'NEXT_PUBLIC_KEY', 'AUTHOR', 'MONKEY', 'PASSENGERS', 'NODE_ENV', ''])(
    '%s does not',
    (key) => expect(env.looksSecret(key)).toBe(false),
  )

  test.each(['LD_PRELOAD', '__proto__', '1A', 'A-B', 'A B', ''])(
    'the name “%s” is stopped before it is sent',
    (key) => {
      const row = env.newRow({ key, value: 'x' })
      expect(env.problemsOf([row]).get(row.id)?.stops).toBe(true)
    },
  )

  test('the same name twice is told at the one that does not count', () => {
    const [first, second] = [env.newRow({ key: 'A', value: '1' }), env.newRow({ key: 'A', value: '2' })]
    const problems = env.problemsOf([first, second])
    expect([...problems.keys()]).toEqual([first.id])
    expect(problems.get(first.id)?.stops).toBe(false)
  })

  test('a stored secret under a new name needs its value again', () => {
    const stored = [{ key: 'A_KEY', value: '••••', secret: true, buildTime: false }]
    const [row] = env.rowsOf(stored)
    if (!row) throw new Error('no row')
    expect(env.problemsOf([row], stored).size).toBe(0)
    expect(env.problemsOf([{ ...row, key: 'B_KEY' }], stored).get(row.id)?.stops).toBe(true)
  })

  test('a secret that a draft did not keep has to be typed again', () => {
    const row = env.newRow({ key: 'A_KEY', value: undefined, secret: true })
    expect(env.problemsOf([row]).get(row.id)?.stops).toBe(true)
    expect(env.areStopping(env.problemsOf([{ ...row, value: '' }]))).toBe(false)
  })

  test('are held by the server as they were sent: the last of a name, secrets hidden', () => {
    const [kept] = env.rowsOf([{ key: 'OLD_KEY', value: '••••', secret: true, buildTime: false }])
    if (!kept) throw new Error('no row')
    const rows = [
      env.newRow({ key: 'A', value: '1' }),
      kept,
      env.newRow({ key: 'A', value: '2', buildTime: true }),
      env.newRow({ key: 'B_KEY', value: 'hush', secret: true }),
      env.newRow({ key: 'GONE', value: '3', isRemoved: true }),
    ]
    const held = env.heldAfter(rows)
    expect(held.map(({ key, secret, buildTime }) => [key, secret, buildTime])).toEqual([
      ['A', false, true],
      ['OLD_KEY', true, false],
      ['B_KEY', true, false],
    ])
    expect(held[0]?.value).toBe('2')
    expect(JSON.stringify(held)).not.toContain('hush')
    expect(hasChanges(changesOf(env.rowsOf(held), held))).toBe(false)
  })

  test('take a file in: known names in their places, the others behind, secret by their names', () => {
    const rows = [env.newRow({ key: 'A', value: '1', buildTime: true, isRemoved: true }), env.newRow()]
    const { rows: after, replaced } = env.importFile(rows, parseEnvFile('B_TOKEN=2\nA=3'))
    expect(
      after.map(({ key, value, secret, buildTime, isRemoved }) => [key, value, secret, buildTime, isRemoved]),
    ).toEqual([
      ['A', '3', false, true, false],
      ['B_TOKEN', '2', true, false, false],
    ])
    expect(replaced).toBe(1)
  })

  test.each([
    '-----BEGIN PRIVATE KEY-----\nabc',
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    'postgres://u:p@db/shop',
    'x redis://:p@db',
  ])('the value “%s” is secret under any name', (value) => {
    const { rows } = env.importFile([], {
      variables: [{ key: 'DATA', value, line: 1 }],
      duplicates: [],
      problems: [],
      notes: [],
    })
    expect(rows[0]?.secret).toBe(true)
  })
  test.each(['-----BEGIN PUBLIC KEY-----', 'https://example.org:8080/a@b', 'postgres://u@db/shop'])(
    'the value “%s” is not',
    (value) => expect(env.holdsSecret(value)).toBe(false),
  )

  test('a secret that a draft did not keep has to be typed again, a PATH is remarked on', () => {
    const [secret, path] = [
      env.newRow({ key: 'A_KEY', value: undefined, secret: true }),
      env.newRow({ key: 'PATH', value: '/x' }),
    ]
    const problems = env.problemsOf([secret, path])
    expect(problems.get(secret.id)).toMatchObject({ stops: true, message: expect.stringContaining('again') })
    expect(problems.get(path.id)?.stops).toBe(false)
  })

  test('a key of several lines is no file, a file is', () => {
    const pem = '-----BEGIN KEY-----\nabcd==\n-----END KEY-----'
    expect(env.looksLikeFile(pem, parseEnvFile(pem))).toBe(false)
    const file = '# mine\n\nA=1\nnonsense'
    expect(env.looksLikeFile(file, parseEnvFile(file))).toBe(true)
  })

  test('are copied as a file without the secrets that only the server knows', () => {
    const rows = [
      ...env.rowsOf([{ key: 'A_KEY', value: '••••', secret: true, buildTime: false }]),
      env.newRow({ key: 'B', value: 'x y' }),
    ]
    expect(env.toFile(rows)).toBe("B='x y'\n")
  })
})

describe('settings of the build', () => {
  test('what is empty is given up, numbers are numbers', () => {
    const settings = { ...emptySettings(), port: ' 8080 ', cpus: '0,5', volumes: [{ name: '', path: '' }] }
    expect(toBuildInput(settings)).toEqual({ template: '', overrides: { port: 8080, cpus: 0.5 }, volumes: [] })
  })

  test.each([
    [{ port: '80.5' }, 'overrides.port'],
    [{ port: 'http' }, 'overrides.port'],
    [{ memoryMb: '8' }, 'overrides.memoryMb'],
    [{ cpus: 'all' }, 'overrides.cpus'],
    [{ healthPath: '//evil' }, 'overrides.healthPath'],
    [{ volumes: [{ name: 'data', path: 'data' }] }, 'volumes.0.path'],
    [
      {
        volumes: [
          { name: '', path: '' },
          { name: '', path: '/data' },
        ],
      },
      'volumes.1.name',
    ],
  ])('%j is told at its field', (wrong, field) => {
    expect([...problemsOfSettings({ ...emptySettings(), ...wrong }).keys()]).toEqual([field])
  })
})

test('a plan is told in words, by what each thing is for, without ids that nothing will have', () => {
  const groups = sayEffects([
    { step: 'hold-hostname', kind: 'holding-page', name: 'shop.example.com' },
    { step: 'check-out', kind: 'checkout', name: '9c0f01db-1997-430b-ae51-264f0a5ec35c-1' },
    { step: 'create-volumes', kind: 'volume', name: 'slipway-9c0f01db-1997-430b-ae51-264f0a5ec35c-data' },
    { step: 'later', kind: 'moon-base', name: 'x' },
  ])
  expect(groups.map((it) => it.title)).toEqual(['To build it', 'To run it', 'To lead visitors there', 'Also'])
  expect(groups.flatMap((it) => it.things).map(({ what, name }) => [what, name])).toEqual([
    ['Checkout', undefined],
    ['Volume', 'slipway-…-data'],
    ['Holding page', 'shop.example.com'],
    ['Moon-base', 'x'],
  ])
})

test('text of a repository is inert: what cannot be seen is shown, pictures stay whole', () => {
  expect(inert('a\u202Eb\u0000\u200B\x1b[31m')).toBe('a⟨U+202E⟩b⟨U+0000⟩⟨U+200B⟩⟨U+001B⟩[31m')
  expect(inert('two\nlines\t x')).toBe('two lines  x')
  expect(inert('👩🏽‍💻 ❤️‍🔥 שלום')).toBe('👩🏽‍💻 ❤️‍🔥 שלום')
  expect(inert('a\u200Db')).toBe('a⟨U+200D⟩b')
})

describe('a deploy key', () => {
  const key = {
    id: 'k',
    githubUrl: 'https://github.com/acme/hidden',
    publicKey: 'ssh-ed25519 AAAA',
    addAt: 'https://github.com/acme/hidden/settings/keys/new',
    deploymentId: null,
    createdAt: '2026-11-21T10:00:00.000Z',
  }

  test.each(['acme/hidden', 'git@github.com:Acme/hidden.git', 'https://github.com/acme/hidden/tree/next/web'])(
    'is kept for %s',
    (typed) => expect(isKeyFor(key, typed)).toBe(true),
  )

  test.each(['', 'acme/hidden-not', 'other/hidden', 'notacme/hidden'])('is not that of %j', (typed) =>
    expect(isKeyFor(key, typed)).toBe(false),
  )

  test('is sent with the repository it opens, and with no other', () => {
    const draft = { ...emptyDraft('acme/hidden'), deployKey: key }
    const hidden = { ...repository, url: key.githubUrl }
    expect(toCreateInput(draft, hidden).deployKeyId).toBe('k')
    expect(toCreateInput(draft, repository)).not.toHaveProperty('deployKeyId')
  })

  test('is sent before the check has answered, unless another repository is typed by then', () => {
    const draft = { ...emptyDraft('acme/hidden'), deployKey: key }
    expect(toCreateInput(draft, undefined).deployKeyId).toBe('k')
    expect(toCreateInput({ ...draft, repository: 'acme/shop' }, undefined)).not.toHaveProperty('deployKeyId')
  })
})
