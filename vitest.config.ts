import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

/** The state of the UI, which is written with runes. */
const STATE = 'tests/unit/web-state*.test.ts'

/** A container may take its time, above all where two of them share a core. */
const PATIENCE = { timeout: 15_000, interval: 100 }

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], exclude: [STATE], testTimeout: 30_000 },
      },
      {
        plugins: [svelte({ configFile: false, compilerOptions: { runes: true } })],
        resolve: { conditions: ['browser'] },
        test: {
          name: 'state',
          include: [STATE],
          environment: './tests/support/browser-environment.ts',
          server: { deps: { inline: [/svelte/, 'esm-env'] } },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: PATIENCE },
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          expect: { poll: PATIENCE },
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
