import type { Rule } from './rule.ts'

/** Scripts, compilers and frameworks of JavaScript. */
export const javascript: Rule[] = [
  {
    name: 'script-missing',
    pattern:
      /(?:Missing script: "?|ERR_PNPM_NO_SCRIPT[^\n]{0,10}Missing script: )(?<script>[\w:.@/-]{1,80})"?|ERR_PNPM_NO_SCRIPT_OR_SERVER[^\n]{0,10}Missing script (?<script>start)|error Command "(?<script>[^"\n]{1,80})" not found\.|Couldn't find a script named "(?<script>[^"\n]{1,80})"|error: Script not found "(?<script>[^"\n]{1,80})"/,
    message: 'package.json has no script “{script}”.',
    hint: 'Add it to package.json and push, or give another command in the settings.',
  },
  {
    name: 'next-not-built',
    stage: 'start',
    pattern: /Could not find a production build in the '(?<folder>[^'\n]{1,80})' directory/,
    message: 'Next.js finds no build in {folder}: the build did not run next build, or its result was left out.',
    hint: 'Let the build script be “next build” (settings, build command), and keep {folder} out of .dockerignore rules that follow the build.',
  },
  {
    name: 'prerender',
    stage: 'build',
    weight: 'vague',
    pattern: /Error occurred prerendering page "(?<page>[^"\n]{1,150})"/,
    message: 'Next.js could not render the page {page} during the build; the line after that in the log says why.',
    hint: 'Most often a variable or a server is missing there: mark the variable for the build, or render the page when it is asked for (export const dynamic = "force-dynamic").',
  },
  {
    name: 'warnings-as-errors',
    stage: 'build',
    pattern: /Treating warnings as errors because process\.env\.CI = true/,
    message: 'The build takes warnings for errors, because CI is set.',
    hint: 'Mend the warnings, or add the variable CI=false and mark it for the build.',
  },
  {
    name: 'typescript-module',
    stage: 'build',
    weight: 'vague',
    pattern:
      /error TS(?:2307|7016): (?:Cannot find module|Could not find a declaration file for module) '(?<wanted>[^'\n]{1,200})'/,
    message: 'TypeScript finds no {wanted}, or no types for it.',
    hint: 'Check the path with its capital letters; of a package, add it (or its @types) to package.json and push the lock file.',
    isImport: true,
  },
  {
    name: 'typescript',
    stage: 'build',
    weight: 'vague',
    pattern:
      /^(?:[\w:@/-]{1,80}: )?(?<file>[\w@./ ()[\]-]{1,200})[(:]\d{1,6}[,:]\d{1,6}\)?(?: -|:)? error TS(?<number>\d{1,6}): (?<what>[^\n]{1,200})/m,
    message: 'TypeScript finds mistakes, the last one in {file}: {what}',
    hint: 'Run the build on your machine (npx tsc --noEmit), mend what it says, and push.',
  },
  {
    name: 'next-types',
    stage: 'build',
    weight: 'vague',
    pattern:
      /Failed to compile\.\n\s{0,5}(?<file>\.\/[^\n:]{1,200}):\d{1,6}:\d{1,6}\n(?:Type error|Error): {1,2}(?<what>[^\n]{1,200})/,
    message: 'The build finds a mistake in {file}: {what}',
    hint: 'Run the build on your machine, mend what it says, and push.',
  },
  {
    name: 'esm-in-commonjs',
    pattern: /Cannot use import statement outside a module|Unexpected token 'export'/,
    message: 'A file with import or export is run as CommonJS.',
    hint: 'Write "type": "module" into package.json, or call the file .mjs; of TypeScript, start what the build makes, not the source.',
  },
  {
    name: 'commonjs-in-esm',
    pattern: /ERR_REQUIRE_ESM|require is not defined in ES module scope|require\(\) of ES Module/,
    message: 'CommonJS and ES modules are mixed: something requires what can only be imported.',
    hint: 'Use import instead of require, or a version of the package that still has CommonJS.',
  },
  {
    name: 'typescript-started',
    stage: 'start',
    pattern: /ERR_UNKNOWN_FILE_EXTENSION[^\n]{0,60}"\.(?<extension>tsx?)"/,
    message: 'The start command runs a .{extension} file, which this Node does not understand.',
    hint: 'Let the build compile it, and start what it makes (node dist/index.js).',
  },
]
