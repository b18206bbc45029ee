import type { Environment } from 'vitest/runtime'

/** Node, with modules compiled as for a browser: on a server the runes of Svelte would be plain values. */
export default {
  name: 'browser',
  viteEnvironment: 'client',
  setup: () => ({ teardown: () => undefined }),
} satisfies Environment
