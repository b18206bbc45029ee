type Field = 'string' | 'boolean' | 'object'

/** The fields of each body that is written to a repository, as docs.github.com/rest has them; those with ! are required. */
const BODIES: [method: string, path: RegExp, fields: Record<string, Field>][] = [
  ['POST', /\/hooks$/, { name: 'string', 'config!': 'object', events: 'object', active: 'boolean' }],
  ['PATCH', /\/hooks\/\d+$/, { config: 'object', events: 'object', active: 'boolean' }],
  [
    'POST',
    /\/statuses\/[0-9a-f]{40}$/,
    { 'state!': 'string', target_url: 'string', description: 'string', context: 'string' },
  ],
  [
    'POST',
    /\/deployments$/,
    {
      'ref!': 'string',
      environment: 'string',
      description: 'string',
      payload: 'object',
      auto_merge: 'boolean',
      required_contexts: 'object',
      transient_environment: 'boolean',
      production_environment: 'boolean',
    },
  ],
  [
    'POST',
    /\/deployments\/\d+\/statuses$/,
    {
      'state!': 'string',
      description: 'string',
      log_url: 'string',
      environment_url: 'string',
      auto_inactive: 'boolean',
    },
  ],
]
const LONGEST_DESCRIPTION = 140

/** What is wrong with a body: fields that GitHub does not know there, or of another type, or that it misses. */
export function problemsOf(method: string, path: string, body: Record<string, unknown> = {}): string[] {
  const [, , fields] = BODIES.find(([verb, pattern]) => verb === method && pattern.test(path)) ?? []
  if (!fields) return Object.keys(body).map((it) => `${it} where no body is known`)
  const known = new Map(Object.entries(fields).map(([name, type]) => [name.replace('!', ''), type]))
  const missing = Object.keys(fields).filter((it) => it.endsWith('!') && !(it.slice(0, -1) in body))
  const wrong = Object.entries(body).filter(([name, value]) => typeof value !== known.get(name))
  const isLong = String(body.description ?? '').length > LONGEST_DESCRIPTION
  return [
    ...missing.map((it) => `no ${it.slice(0, -1)}`),
    ...wrong.map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ...(isLong ? ['a description that is too long'] : []),
  ]
}
