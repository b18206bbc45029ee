import type { EnvVariable } from '../../../server/db/deployments.ts'
import type { App } from '../app.ts'

/** What variables begin with that a tool writes into the pages it builds, by the package that does so. */
const PREFIXES: Record<string, string> = {
  vite: 'VITE_',
  next: 'NEXT_PUBLIC_',
  astro: 'PUBLIC_',
  '@sveltejs/kit': 'PUBLIC_',
  'react-scripts': 'REACT_APP_',
  '@vue/cli-service': 'VUE_APP_',
  gatsby: 'GATSBY_',
  expo: 'EXPO_PUBLIC_',
}

/** Such a variable does nothing when it is set only while the app runs, and nothing fails: that is said. */
export function notesOnVariables({ dependencies }: App, env: readonly EnvVariable[]): string[] {
  const prefixes = Object.entries(PREFIXES).flatMap(([it, prefix]) => (dependencies[it] === undefined ? [] : prefix))
  const late = env.filter(({ key, buildTime }) => !buildTime && prefixes.some((it) => key.startsWith(it)))
  if (late.length === 0) return []
  const names = late.map(({ key }) => key).join(', ')
  return [
    `The build writes variables such as ${names} into the pages, but is not given ${late.length === 1 ? 'it' : 'them'}: mark for the build what it needs.`,
  ]
}
