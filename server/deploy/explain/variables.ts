import type { Rule } from './rule.ts'

/** Names of variables as people write them: capitals, with an underscore, or one of the few without. */
const NAME = '(?<![A-Z0-9_])[A-Z][A-Z0-9]{0,40}(?:_[A-Z0-9]{1,40}){1,8}'

const patterns = [
  // Zod, an entry of its list of issues; `received: undefined` may stand before or after the path.
  `"(?:received": "undefined|message": "Required)",[^\\]]{0,200}?"path": \\[\\s{1,20}"(?<variable>[A-Z][A-Z0-9_]{1,80})"`,
  `"path": \\[\\s{1,20}"(?<variable>[A-Z][A-Z0-9_]{1,80})"\\s{1,20}\\],\\s{1,20}"message": "(?:Invalid input: expected \\w{1,20}, received undefined|Required)"`,
  // envalid, @t3-oss/env
  `Missing environment variables:\\n(?:\\s{1,20}\\w{1,80}: [^\\n]{0,120}\\n){0,20}?\\s{1,20}(?<variable>\\w{1,80}): undefined`,
  `Invalid environment variables:[^\\n]{0,20}\\n?(?:[^\\n]{0,200}\\n){0,3}?[^\\n]{0,20}?(?<variable>${NAME})['"]?: ?\\[`,
  // In words, before and after the name.
  `(?<variable>${NAME})['"\`]? (?:environment variable )?(?:is|are|was|must be) (?:not (?:set|defined|provided|configured|found)|missing|required|undefined|unset|empty|set\\b)`,
  `(?:(?:[Ee]nvironment|[Ee]nv|ENV) ?(?:variable|var)s?|[Mm]issing|required|no) (?:required )?(?:environment )?(?:variables?:? )?(?:not found: |missing: |missing or empty: )?['"\`]?(?<variable>${NAME})\\b`,
  `process\\.env\\.(?<variable>\\w{1,80}) (?:is|was) (?:not|undefined|missing|required)`,
  // Python, Ruby, Spring
  `KeyError: '(?<variable>${NAME})'`,
  `key not found: "(?<variable>${NAME})"`,
]

/** Variables that an app or its build needs and does not have. */
export const variables: Rule[] = [
  {
    name: 'build-variable-missing',
    stage: 'build',
    pattern: new RegExp(patterns.join('|')),
    all: 'variable',
    message: 'What the build needs is not in its environment: {variable}.',
    hint: 'Add it under Environment and mark it for the build: other variables are given to the app only when it starts.',
  },
  {
    name: 'variable-missing',
    stage: 'start',
    pattern: new RegExp(patterns.join('|')),
    all: 'variable',
    message: 'What the app needs is not in its environment: {variable}.',
    hint: 'Add it under Environment; saving deploys the app again.',
  },
  {
    name: 'spring-placeholder',
    pattern: /Could not resolve placeholder '(?<variable>[\w.-]{1,80})'/,
    message: 'Spring finds no value for {variable}.',
    hint: 'Add it under Environment, in capitals and with underscores for dots (spring.datasource.url is SPRING_DATASOURCE_URL).',
  },
  {
    name: 'django-secret-key',
    weight: 'cause',
    pattern: /The SECRET_KEY setting must not be empty/,
    message: 'Django has no SECRET_KEY.',
    hint: 'Add the secret variable that the settings read it from, most often SECRET_KEY; mark it for the build if the build collects static files.',
  },
  {
    name: 'auth-secret',
    weight: 'cause',
    pattern:
      /secretOrPrivateKey must have a value|MissingSecret: |\[next-auth\]\[error\]\[NO_SECRET\]|secret option required for sessions|Missing secret in (?:production|options)/,
    message: 'What signs sessions or tokens has no secret.',
    hint: 'Add the secret variable that the app reads it from (AUTH_SECRET, NEXTAUTH_SECRET, JWT_SECRET, SESSION_SECRET): a long random text.',
  },
  {
    name: 'api-key-missing',
    pattern:
      /(?<what>supabase(?:Url|Key)) is required|Neither apiKey nor config\.authenticator provided|The (?<what>api_key client option) must be set|Missing (?<what>API key)[. ]|(?<what>API key) (?:is )?missing/i,
    message: 'A client of another service was given no address or key[[ ({what})]].',
    hint: 'Add the variables it reads under Environment; if the build needs them, mark them for the build.',
  },
]
