import type { Reply } from './github-route.ts'

/** What GitHub answers where a repository was: its id is its address from then on. Changes are to be sent there again. */
export function redirectOf(renamed: Record<string, number>, method: string, { href }: URL): Reply | undefined {
  const [, before = '', name = '', rest = ''] = /^(.+)\/repos\/([\w.-]+\/[\w.-]+)(.*)$/.exec(href) ?? []
  const id = renamed[name]
  if (id === undefined) return undefined
  const location = `${before}/repositories/${id}${rest}`
  const body = { message: 'Moved Permanently', url: location, documentation_url: 'https://docs.github.com/rest' }
  return { status: method === 'GET' ? 301 : 307, headers: { location }, body }
}

/** The path by name of one that asks by id. */
export function unmoved(renamed: Record<string, number>, path: string): string {
  return path.replace(/\/repositories\/(\d+)/, (whole, id) => {
    const name = Object.keys(renamed).find((it) => renamed[it] === Number(id))
    return name === undefined ? whole : `/repos/${name}`
  })
}
