import type { Rule } from './rule.ts'

/** What a build fetches and does not get: packages, repositories, files. */
export const network: Rule[] = [
  {
    name: 'registry-denied',
    stage: 'build',
    pattern:
      /npm (?:error|ERR!) code (?:E401|E403|ENEEDAUTH)|ERR_PNPM_FETCH_40[13]|npm (?:error|ERR!) 40[13] (?:Unauthorized|Forbidden)|YN0041: |Invalid authentication \(as an anonymous user\)|Request failed "40[13] /,
    message: 'The package registry refused: a private package needs a token, and the build has none that counts.',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: npm reads variables so.
    hint: 'Add the token as a secret variable, such as NPM_TOKEN, mark it for the build, and let .npmrc read it: //registry.npmjs.org/:_authToken=${NPM_TOKEN}',
  },
  {
    name: 'npmrc-variable',
    stage: 'build',
    weight: 'cause',
    pattern:
      /Failed to replace env in config: \$\{(?<variable>\w{1,80})\}|Environment variable not found \((?<variable>\w{1,80})\)/,
    message:
      'The configuration of the package manager (.npmrc, .yarnrc.yml) reads the variable {variable}, which the build does not have.',
    hint: 'Add {variable} as a secret variable of the app, and mark it for the build.',
  },
  {
    name: 'git-private',
    stage: 'build',
    pattern:
      /Permission denied \(publickey\)|Host key verification failed|could not read (?:Username|Password) for '(?<url>[^'\n]{1,200})'|fatal: Could not read from remote repository|terminal prompts disabled/,
    message: 'A dependency comes from a Git repository that the build may not read.',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: npm reads variables so.
    hint: 'Publish it as a package, or name it by an address with a token: git+https://${TOKEN}@github.com/owner/name.git. Slipway gives builds no SSH key.',
  },
  {
    name: 'git-missing',
    stage: 'build',
    pattern:
      /npm (?:error|ERR!) (?:syscall|path) (?:spawn )?git$|spawn git ENOENT|Cannot find command 'git'|git: (?:command )?not found|exec: "git": executable file not found/m,
    message: 'A dependency comes from a Git repository, and the image that builds has no git.',
    hint: 'Take it from the package registry, or by the address of an archive (https://github.com/owner/name/archive/<commit>.tar.gz), or use a Dockerfile that installs git.',
  },
  {
    name: 'git-lfs',
    pattern:
      /version https:\/\/git-lfs\.github\.com\/spec|Unexpected token '?v'?[^\n]{0,20}"version ht"|git-lfs[^\n]{0,40}not found|Smudge error/,
    message: 'A file is kept in Git LFS: what is checked out is only a pointer to it.',
    hint: 'Slipway fetches no LFS files. Keep the file in Git itself, or fetch it during the build.',
  },
  {
    name: 'submodule',
    stage: 'build',
    pattern: /No url found for submodule path|not a git repository[^\n]{0,80}submodule|git submodule update --init/i,
    message: 'The build needs a Git submodule, whose folder is empty.',
    hint: 'Slipway fetches no submodules. Use a package, or copy the files into the repository (git subtree).',
  },
  {
    name: 'too-many-requests',
    stage: 'build',
    pattern: /\b429 Too Many Requests\b|toomanyrequests:|npm (?:error|ERR!) code E429/,
    message: 'A server that the build fetches from allows no more requests for now.',
    hint: 'Wait a while and deploy again.',
  },
  {
    name: 'tls',
    stage: 'build',
    pattern:
      /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT|unable to get local issuer certificate|certificate verify failed|x509: certificate signed by unknown authority/,
    message: 'The build does not trust the certificate of a server that it fetches from.',
    hint: 'If a proxy stands between, put its certificate into the image that builds (NODE_EXTRA_CA_CERTS, SSL_CERT_FILE).',
  },
  {
    name: 'no-network',
    stage: 'build',
    pattern:
      /npm (?:error|ERR!) (?:code|errno) (?:ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ECONNREFUSED|ERR_SOCKET_TIMEOUT)|getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?<host>[\w.-]{1,100})|Could not resolve host:? (?<host>[\w.-]{1,100})|Temporary failure (?:in name resolution|resolving '(?<host>[\w.-]{1,100})')|dial tcp: lookup (?<host>[\w.-]{1,100})|ERR_PNPM_META_FETCH_FAIL|There appears to be trouble with your network connection|Failed to establish a new connection|connect ETIMEDOUT|socket hang up|curl: \((?:6|7|28|35)\)|failed to fetch: `?https?:\/\/(?<host>[\w.-]{1,100})/,
    weight: 'vague',
    message: 'The build did not reach a server that it fetches from.',
    hint: 'Deploy again. If it stays so, check that containers of this machine reach the network (DNS, firewall, proxy).',
  },
]
