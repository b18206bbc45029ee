import { describe, expect, test } from 'vitest'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const cargo = (more = '', dependencies = '') =>
  `[package]\nname = "shop"\nversion = "0.1.0"\n${more}\n[dependencies]\n${dependencies}\n`
const lock = (...names: string[]) => names.map((it) => `[[package]]\nname = "${it}"\n`).join('\n')
const MAIN = 'fn main() { serve(env::var("PORT")) }'
const APP: Tree = { 'Cargo.toml': cargo('', 'axum = "0.8"'), 'Cargo.lock': lock('shop'), 'src/main.rs': MAIN }
const TWO: Tree = { 'Cargo.toml': cargo(), 'src/bin/api.rs': MAIN, 'src/bin/worker/main.rs': MAIN }
const WORKSPACE: Tree = {
  'Cargo.toml': '[workspace]\nmembers = ["crates/*", "xtask"]\nexclude = ["xtask"]\n',
  'Cargo.lock': '',
  'crates/api/Cargo.toml': '[package]\nname = "shop-api"\n[dependencies]\nactix-web = "4"\n',
  'crates/api/src/main.rs': MAIN,
  'crates/core/Cargo.toml': '[package]\nname = "shop-core"\n',
  'crates/core/src/lib.rs': '',
  'xtask/Cargo.toml': '[package]\nname = "xtask"\n',
  'xtask/src/main.rs': MAIN,
}

const commandsOf = async (...it: Parameters<typeof recipeFor>) => (await recipeFor(...it)).commands
const linesOf = async (tree: Tree) => (await recipeFor(tree)).dockerfile ?? ''

test('a crate is built with its lock file, and runs without the toolchain', async () => {
  const { recipe, notes } = await choose(APP)
  expect(recipe).toMatchObject({
    template: 'rust',
    framework: 'Rust (axum)',
    port: 8080,
    commands: { build: 'cargo build --release --locked --bin shop', start: './bin/shop' },
  })
  expect(notes).toEqual([])
  await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/rust.Dockerfile')
})

describe('which program is the app', () => {
  test('that of src/main.rs, and the others are named', async () => {
    const { recipe, notes } = await choose({ ...APP, 'src/bin/seed.rs': MAIN })
    expect(recipe.commands).toMatchObject({ start: './bin/shop' })
    expect(notes).toEqual(['The app is taken to be shop, and not seed.'])
  })

  test('the one that [[bin]] names', async () => {
    const tree = { 'Cargo.toml': `${cargo()}[[bin]]\nname = "web"\npath = "src/main.rs"\n`, 'src/main.rs': MAIN }
    expect(await commandsOf(tree)).toMatchObject({ build: 'cargo build --release --bin web', start: './bin/web' })
  })

  test('default-run', async () => {
    const tree = { ...TWO, 'Cargo.toml': cargo('default-run = "worker"') }
    expect(await commandsOf(tree)).toMatchObject({ start: './bin/worker' })
  })

  test('the only one of a workspace', async () => {
    expect(await recipeFor(WORKSPACE)).toMatchObject({
      framework: 'Rust (Actix Web)',
      commands: { build: 'cargo build --release --locked --package shop-api --bin shop-api' },
    })
  })

  test('of several none is guessed', async () => {
    const several = {
      ...WORKSPACE,
      'crates/job/Cargo.toml': '[package]\nname = "job"\n',
      'crates/job/src/main.rs': MAIN,
    }
    for (const tree of [TWO, several])
      await expect(recipeFor(tree)).rejects.toMatchObject({ code: 'several_apps', field: 'overrides.startCommand' })
  })

  test.each([
    ['the Procfile', { ...TWO, Procfile: 'web: ./target/release/worker -v' }, {}, './target/release/worker -v'],
    ['a name', TWO, { startCommand: 'worker' }, 'worker'],
    ['cargo run', TWO, { startCommand: 'cargo run --release --bin worker -- -v' }, './bin/worker -v'],
  ])('%s decides', async (_what, tree, overrides, start) => {
    const { commands } = await recipeFor(tree as Tree, { overrides })
    expect(commands).toMatchObject({ build: 'cargo build --release --bin worker', start })
  })

  test('the program lies where the start command looks for it', async () => {
    const dockerfile = await linesOf({ ...APP, Procfile: 'web: ./target/release/shop' })
    expect(dockerfile).toContain('/out/target/release/shop')
  })

  test('a name that is no name does not reach a command', async () => {
    const tree = { 'Cargo.toml': '[package]\nname = "a; curl x"\n', 'src/main.rs': MAIN }
    await expect(recipeFor(tree)).rejects.toMatchObject({ code: 'no_start_command' })
  })
})

describe('what is no server', () => {
  test.each([
    ['a library', { 'Cargo.toml': cargo(), 'src/lib.rs': '' }, 'no_start_command', /library/],
    ['a page compiled by Trunk', { ...APP, 'Trunk.toml': '' }, 'no_start_command', /WebAssembly/],
    ['a program for the desktop', { ...APP, 'Cargo.toml': cargo('', 'tauri = "2"') }, 'no_template', /Nothing/],
  ])('%s', async (_what, tree, code, message) => {
    await expect(recipeFor(tree as Tree)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test('a native part of a Node app leaves the app to Node', async () => {
    const tree = { 'Cargo.toml': cargo(), 'src/lib.rs': '', 'package.json': { scripts: { start: 'node i.js' } } }
    expect(await recipeFor(tree)).toMatchObject({ template: 'node' })
  })
})

describe('what is built with', () => {
  test.each([
    ['the newest stable', {}, 'rust:1-slim-bookworm'],
    [
      'the newest where the toolchain says stable',
      { 'rust-toolchain.toml': '[toolchain]\nchannel = "stable"' },
      'rust:1-slim-bookworm',
    ],
    ['an exact version', { 'rust-toolchain': '1.82.0\n' }, 'rust:1.82.0-slim-bookworm'],
    ['a line', { 'mise.toml': '[tools]\nrust = "1.88"' }, 'rust:1.88-slim-bookworm'],
    ['an old line', { '.tool-versions': 'rust 1.65' }, 'rust:1.65-slim'],
    [
      'nightly',
      { 'rust-toolchain': '[toolchain]\nchannel = "nightly-2026-01-01"' },
      'rustlang/rust:nightly-bookworm-slim',
    ],
  ])('%s', async (_what, more, image) => {
    expect(await linesOf({ ...APP, ...(more as Tree) })).toContain(`FROM ${image} AS build`)
  })

  test('a toolchain nobody knows is said, and reaches no line of the Dockerfile', async () => {
    const { recipe, notes } = await choose({ ...APP, 'rust-toolchain': 'my own' })
    expect(notes).toEqual(['Rust my own is not known: the newest stable Rust is used.'])
    expect(recipe.dockerfile).not.toContain('my own')
  })

  test('the libraries that the crates in the lock file need, to compile and to run', async () => {
    const dockerfile = await linesOf({ ...APP, 'Cargo.lock': lock('openssl-sys', 'pq-sys') })
    expect(dockerfile).toContain('--no-install-recommends libpq-dev libssl-dev pkg-config &&')
    expect(dockerfile).toContain('--no-install-recommends libpq5 libssl3 &&')
    expect(await linesOf(APP)).not.toContain('apt-get')
  })

  test('without a lock file by the dependencies, and it is said', async () => {
    const { recipe, notes } = await choose({ 'Cargo.toml': cargo('', 'reqwest = "0.12"'), 'src/main.rs': MAIN })
    expect(recipe.dockerfile).toContain('libssl-dev')
    expect(notes[0]).toContain('no Cargo.lock')
  })

  test('prepared queries are used, so that building needs no database', async () => {
    expect(await linesOf({ ...APP, '.sqlx/query-1.json': '{}' })).toContain('SQLX_OFFLINE=true')
  })
})

describe('where it listens', () => {
  test('Rocket is told by its own variables', async () => {
    const dockerfile = await linesOf({ ...APP, 'Cargo.toml': cargo('', 'rocket = "0.5"') })
    expect(dockerfile).toContain('ROCKET_ADDRESS=0.0.0.0 ROCKET_PORT=8080')
  })

  test.each([
    ['TcpListener::bind("0.0.0.0:3000")', 3000, 1],
    ['.bind(("127.0.0.1", 8081))', 8081, 2],
    ['SocketAddr::from(([0, 0, 0, 0], 4000))', 4000, 1],
    ['bind("0.0.0.0:3000"); bind("0.0.0.0:3001")', 8080, 0],
  ])('%s', async (text, port, count) => {
    const { recipe, notes } = await choose({ ...APP, 'src/main.rs': `fn main() { ${text} }` })
    expect(recipe.port).toBe(port)
    expect(notes).toHaveLength(count)
  })
})
