import type { Rule } from './rule.ts'

/** Bundler and Rails. */
export const ruby: Rule[] = [
  {
    name: 'gemfile-lock-stale',
    stage: 'build',
    pattern:
      /install in deployment mode after changing\s{1,4}your Gemfile|lockfile can't be updated because frozen mode is set|Cannot write a changed lockfile while frozen|The deployment setting requires a (?:Gemfile\.lock|lockfile)|frozen[^\n]{0,40}requires a Gemfile\.lock/,
    message: 'Gemfile.lock is missing, or out of step with the Gemfile.',
    hint: 'Run bundle install, and push the Gemfile.lock that it changes.',
  },
  {
    name: 'bundler-platform',
    stage: 'build',
    pattern:
      /Your bundle only supports platforms \[?(?<platforms>[^\n\]]{1,120})\]? but your local platform is (?<platform>[\w-]{1,40})/,
    message: 'Gemfile.lock was written for {platforms}, not for {platform}.',
    hint: 'Run bundle lock --add-platform {platform}, and push Gemfile.lock.',
  },
  {
    name: 'ruby-version',
    stage: 'build',
    pattern:
      /Your Ruby version is (?<got>[\d.]{1,12}), but your Gemfile specified (?<wanted>[^\n]{1,40})|requires Ruby version (?<wanted>[^\n.]{1,20}(?:\.\d{1,3}){0,3})/,
    message: 'It wants Ruby {wanted}, and another one is used.',
    hint: 'Write the version into .ruby-version, as in the Gemfile, and push. In a Dockerfile, change FROM.',
  },
  {
    name: 'rails-master-key',
    weight: 'cause',
    pattern:
      /MissingKeyError|Missing encryption key to decrypt file with|ActiveSupport::MessageEncryptor::InvalidMessage|key must be 16 bytes/,
    message: 'Rails cannot open its credentials: the master key is missing, or another one.',
    hint: 'Add the secret variable RAILS_MASTER_KEY with what is in config/master.key.',
  },
  {
    name: 'rails-secret-key',
    weight: 'cause',
    pattern: /Missing `secret_key_base`|`secret_key_base` for '?production'? environment must be/,
    message: 'Rails has no SECRET_KEY_BASE.',
    hint: 'Add the secret variable SECRET_KEY_BASE (bin/rails secret makes one). If the build needs it, SECRET_KEY_BASE_DUMMY=1 marked for the build is enough.',
  },
  {
    name: 'ruby-file',
    pattern: /cannot load such file -- (?<file>[^\s(]{1,150})/,
    message: 'Ruby finds no {file}.',
    hint: 'Add its gem to the Gemfile outside the groups development and test, run bundle install, and push both files.',
  },
  {
    name: 'rails-server-pid',
    stage: 'start',
    pattern: /A server is already running[^\n]{0,80}server\.pid/,
    message: 'Rails believes that it runs already: a file server.pid was left behind.',
    hint: 'Take tmp/pids out of the repository, or begin the start command with: rm -f tmp/pids/server.pid &&',
  },
]
