import type { Rule } from './rule.ts'

/** npm, pnpm, yarn and bun: what they say when packages cannot be installed. */
export const nodeInstall: Rule[] = [
  {
    name: 'npm-lock-missing',
    stage: 'build',
    pattern: /`npm ci` command can only install with an existing package-lock/,
    message: 'There is no package-lock.json, which npm ci needs.',
    hint: 'Run npm install, and push the package-lock.json that it writes.',
  },
  {
    name: 'npm-lock-stale',
    stage: 'build',
    pattern:
      /npm (?:error|ERR!) (?:Missing: (?<package>[^\s]{1,100}) from lock file|Invalid: lock file's (?<package>[^\s]{1,100}) does not satisfy)|`npm ci` can only install packages when your package\.json and package-lock/,
    all: 'package',
    message: 'package-lock.json is out of step with package.json[[ about {package}]].',
    hint: 'Run npm install, and push the package-lock.json that it changes.',
  },
  {
    name: 'pnpm-lock-missing',
    stage: 'build',
    pattern: /ERR_PNPM_NO_LOCKFILE/,
    message: 'There is no pnpm-lock.yaml, or one of another version of pnpm.',
    hint: 'Run pnpm install with the version in “packageManager” of package.json, and push pnpm-lock.yaml.',
  },
  {
    name: 'pnpm-lock-stale',
    stage: 'build',
    pattern: /ERR_PNPM_OUTDATED_LOCKFILE|ERR_PNPM_LOCKFILE_CONFIG_MISMATCH|ERR_PNPM_BROKEN_LOCKFILE/,
    message: 'pnpm-lock.yaml is out of step with package.json or the settings of pnpm.',
    hint: 'Run pnpm install, and push the pnpm-lock.yaml that it changes.',
  },
  {
    name: 'yarn-lock-stale',
    stage: 'build',
    pattern:
      /Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`|YN0028: [^\n]{0,20}The lockfile would have been (?:modified|created) by this install/,
    message: 'yarn.lock is missing, or out of step with package.json.',
    hint: 'Run yarn install, and push the yarn.lock that it changes.',
  },
  {
    name: 'bun-lock-stale',
    stage: 'build',
    pattern: /lockfile had changes, but lockfile is frozen/,
    message: 'bun.lock is out of step with package.json.',
    hint: 'Run bun install, and push the bun.lock that it changes.',
  },
  {
    name: 'peer-conflict',
    stage: 'build',
    pattern:
      /npm (?:error|ERR!) code ERESOLVE(?:[^\n]*\n){0,12}?npm (?:error|ERR!) (?:Could not resolve dependency:|Conflicting peer dependency:)\n?npm (?:error|ERR!) (?:peer(?:Optional)? )?(?<wanted>[^\n]{1,120}) from (?<package>[^\n]{1,80})/,
    message: 'Two packages do not fit together: {package} wants {wanted}, and another version is asked for.',
    hint: 'Change one of the versions in package.json. As a last resort, push an .npmrc with the line legacy-peer-deps=true.',
  },
  {
    name: 'peer-conflict-any',
    stage: 'build',
    weight: 'vague',
    pattern: /npm (?:error|ERR!) code ERESOLVE|ERR_PNPM_PEER_DEP_ISSUES/,
    message: 'Two packages do not fit together: one wants another version of something than is asked for.',
    hint: 'Change one of the versions in package.json; the log names both. As a last resort, push an .npmrc with legacy-peer-deps=true (npm) or strict-peer-dependencies=false (pnpm).',
  },
  {
    name: 'package-unknown',
    stage: 'build',
    pattern:
      /npm (?:error|ERR!) 404 {1,2}(?:The requested resource )?'(?<package>[^'\n]{1,120})' (?:could not be found|is not in)|ERR_PNPM_FETCH_404[^\n]{0,20}GET https?:\/\/[^\n]{0,100}\/(?<package>[^\s/]{1,100}): Not Found|Couldn't find package "(?<package>[^"\n]{1,100})"|YN0035: [^\n]{0,10}(?<package>[^\s]{1,100}): Package not found/,
    message: 'The registry has no package {package}, or shows it only to those with a token.',
    hint: 'Check its name in package.json. If it is private, add a variable such as NPM_TOKEN, mark it for the build, and let .npmrc read it.',
  },
  {
    name: 'package-version-unknown',
    stage: 'build',
    pattern:
      /notarget No matching version found for (?<package>[^\s]{1,120}?)\.?$|ERR_PNPM_NO_MATCHING_VERSION[^\n]{0,10}No matching version found for (?<package>[^\s]{1,120})|Couldn't find any versions for "(?<package>[^"\n]{1,100})"/m,
    message: 'There is no version {package}.',
    hint: 'Take a version that exists (npm view <name> versions), and push package.json and the lock file.',
  },
  {
    name: 'integrity',
    stage: 'build',
    pattern: /npm (?:error|ERR!) code EINTEGRITY|ERR_PNPM_TARBALL_INTEGRITY|YN0018: |Integrity check failed for/,
    message: 'A package is not what the lock file says it was.',
    hint: 'Delete the lock file and node_modules, install again, and push the new lock file.',
  },
  {
    name: 'corepack-signature',
    stage: 'build',
    weight: 'cause',
    pattern: /Cannot find matching keyid|No compatible signature found in package metadata/,
    message: 'An old corepack does not know the registry’s new signing keys, so it installs no pnpm or yarn.',
    hint: 'Name an exact version as “packageManager” in package.json with a newer Node; in a Dockerfile, run npm install -g corepack@latest first.',
  },
  {
    name: 'other-package-manager',
    stage: 'build',
    pattern:
      /This project is configured to use (?<manager>\w{1,12})(?: because|,)|ERR_PNPM_BAD_PM_VERSION|This project's package\.json defines "packageManager": "(?<manager>[^"\n]{1,40})"/,
    message:
      'package.json asks for another package manager, or another version of it, than the build uses[[ ({manager})]].',
    hint: 'Let “packageManager” and the lock file in the repository be of the same one, and push only that lock file.',
  },
  {
    name: 'workspace-protocol',
    stage: 'build',
    pattern: /Unsupported URL Type "workspace:"|ERR_PNPM_WORKSPACE_PKG_NOT_FOUND|EUNSUPPORTEDPROTOCOL/,
    message: 'A package of the workspace is not found: the folder that is built is only a part of it.',
    hint: 'Let the root folder be that of the whole workspace (settings, folder), with its lock file, and choose the app there.',
  },
]
