import type { Rule } from './rule.ts'

const HINT =
  'Say which Node it needs in package.json, such as "engines": { "node": "22.x" }, or in .nvmrc, and push. In a Dockerfile, change FROM.'

/** Node is too old, or too new. */
export const nodeVersion: Rule[] = [
  {
    name: 'node-version-wanted',
    pattern:
      /npm (?:error|ERR!) notsup Required: {1,4}\{[^\n]{0,60}"node":"(?<wanted>[^"\n]{1,60})"|The engine "node" is incompatible with this module\. Expected version "(?<wanted>[^"\n]{1,60})"|Node\.js version "?(?<wanted>[>=<^~ v\d.|x]{1,60}?)"? (?:is required|or higher is required)|requires a minimum Node\.js version of (?<wanted>v?\d{1,3}(?:\.\d{1,3}){0,2})|requires Node\.js(?: version)? (?<wanted>[>=^v\d.+]{1,20})|requires at least Node\.js (?<wanted>v?[\d.]{1,12})|Unsupported environment \(bad pnpm and\/or Node\.js version\)(?:[^\n]*\n){1,8}?Expected version: (?<wanted>[^\n]{1,40})/,
    message: 'It wants Node {wanted}, and another one is used.',
    hint: HINT,
  },
  {
    name: 'openssl-legacy',
    stage: 'build',
    weight: 'cause',
    pattern: /ERR_OSSL_EVP_UNSUPPORTED|error:0308010C:digital envelope routines/,
    message:
      'The build uses webpack 4, or something as old, which does not get on with the OpenSSL of Node 17 and later.',
    hint: 'Add the variable NODE_OPTIONS=--openssl-legacy-provider and mark it for the build; better, update the build tool (webpack 5, react-scripts 5).',
  },
  {
    name: 'node-too-old',
    pattern:
      /SyntaxError: (?:Unexpected token '(?:\?\??=?|\.|\|\|=|&&=|with)'|Unexpected token \?$|Invalid regular expression flags)|ReferenceError: (?:ReadableStream|File|structuredClone|fetch|CustomEvent|navigator) is not defined|TypeError: (?:crypto\$?\d?\.(?:hash|getRandomValues)|[\w.]{1,40}\.(?:toSorted|toReversed|findLast|replaceAll|hasOwn|withResolvers|groupBy)) is not a function|The requested module 'node:[\w/]{1,30}' does not provide an export named/m,
    message: 'It uses what the Node here does not have yet: that is too old for it.',
    hint: HINT,
  },
]
