import path from 'node:path'
import { defineConfig } from 'vite'

const outDir = path.join(import.meta.dirname, '..', 'dist', 'cli')

/** The client as one file without dependencies: it can be copied to any machine that has Node. */
export default defineConfig({
  root: import.meta.dirname,
  ssr: { noExternal: true },
  build: {
    outDir,
    emptyOutDir: true,
    ssr: 'main.ts',
    target: 'node22',
    rolldownOptions: { output: { entryFileNames: 'slipway.mjs', codeSplitting: false, banner: '#!/usr/bin/env node' } },
  },
})
