import type { Rule } from './rule.ts'

/** Rust, .NET, Elixir and Deno. */
export const otherLanguages: Rule[] = [
  {
    name: 'cargo-lock-stale',
    stage: 'build',
    pattern: /lock file [^\n]{1,150} (?:needs to be updated but|because) --(?:locked|frozen) was passed/,
    message: 'Cargo.lock is missing, or out of step with Cargo.toml.',
    hint: 'Run cargo build, and push Cargo.lock.',
  },
  {
    name: 'rust-version',
    stage: 'build',
    pattern:
      /requires rustc (?<wanted>[\d.]{1,12})(?: or newer)?|rustc (?<got>[\d.]{1,12}) is not supported by the following package|feature `(?<wanted>edition\d{4})` is required/,
    message: 'A crate wants a newer Rust[[ ({wanted})]] than the one that is used.',
    hint: 'Write the version into rust-toolchain.toml, and push. In a Dockerfile, change FROM.',
  },
  {
    name: 'rust-compile',
    stage: 'build',
    weight: 'vague',
    pattern: /error: could not compile `(?<package>[\w-]{1,80})`/,
    message: 'The crate {package} does not compile; the log says why above.',
    hint: 'If it is yours, mend what the log says. Of a crate with C in it (openssl-sys), take a feature such as rustls or vendored.',
  },
  {
    name: 'rust-openssl',
    stage: 'build',
    pattern: /Could not find directory of OpenSSL installation|failed to run custom build command for `openssl-sys/,
    message: 'The crate openssl-sys finds no OpenSSL in the image that builds.',
    hint: 'Use rustls instead of native-tls, or the feature “vendored”, or a Dockerfile that installs libssl-dev and pkg-config.',
  },
  {
    name: 'dotnet-version',
    pattern:
      /NETSDK1045: [^\n]{0,60}does not support targeting (?<wanted>\.NET(?: Core)? \d{1,2}\.\d{1,2})|Requested SDK version: (?<wanted>[\d.]{1,12})|You must install or update \.NET to run this application|framework 'Microsoft\.(?:NETCore|AspNetCore)\.App', version '(?<wanted>[\d.]{1,12})'/,
    message: 'It wants another .NET than the one that is used[[ ({wanted})]].',
    hint: 'Let TargetFramework and global.json name a version that the image has, and push. In a Dockerfile, change FROM.',
  },
  {
    name: 'dotnet-projects',
    stage: 'build',
    pattern: /MSB1011: |MSB1003: |NETSDK1004: /,
    message: '.NET does not know which project to build.',
    hint: 'Name the folder with the .csproj as root folder, or give a build command with its path.',
  },
  {
    name: 'elixir-version',
    stage: 'build',
    pattern:
      /You're trying to run :(?<app>\w{1,60}) on Elixir v(?<got>[\d.]{1,12}) but it has declared in its mix\.exs file it supports only Elixir (?<wanted>[^\n]{1,40})/,
    message: '{app} wants Elixir {wanted}, and another one is used.',
    hint: 'Write the version into .tool-versions, and push. In a Dockerfile, change FROM.',
  },
  {
    name: 'deno-permission',
    stage: 'start',
    pattern:
      /(?:NotCapable|PermissionDenied): Requires (?<what>\w{1,12}) access to [^\n]{1,200}(?<flag>--allow-\w{1,12})/,
    message: 'Deno was not allowed {what} access.',
    hint: 'Add {flag} to the start command.',
  },
  {
    name: 'deno-lock-stale',
    stage: 'build',
    pattern: /The lockfile is out of date\. Run `deno/,
    message: 'deno.lock is out of step with deno.json.',
    hint: 'Run deno install, and push deno.lock.',
  },
]
