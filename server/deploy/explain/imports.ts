import type { Rule } from './rule.ts'

/** What a program imports and does not find. */
export const imports: Rule[] = [
  {
    name: 'case-differs',
    stage: 'build',
    pattern:
      /File name '[^'\n]{0,150}?(?<wanted>[^'\n/]{1,100}(?:\/[^'\n/]{1,100})?)' differs from already included file name '[^'\n]{1,200}' only in casing/,
    message: 'The file {wanted} is imported in other capital and small letters than it is called.',
    hint: 'Write its name in the import exactly as the file is called, and push.',
  },
  {
    name: 'file-not-found',
    pattern:
      /Cannot find module '(?<wanted>\.{1,2}\/[^'\n]{1,200})'|Could not resolve (?:entry module )?["'](?<wanted>(?:\.{1,2}|@|~)\/[^"'\n]{1,200})["']|Can't resolve '(?<wanted>(?:\.{1,2}|@|~)\/[^'\n]{1,200})'|failed to resolve import "(?<wanted>(?:\.{1,2}|@|~)?\/[^"\n]{1,200})"|Cannot find module '(?<wanted>\/[^'\n]{1,200})' imported from|Could not load (?<wanted>\/[^\s]{1,200}) \(imported by/i,
    message: 'The file {wanted} is imported, and is not there.',
    hint: 'Push it, and check the path with its capital and small letters: they count on Linux. In .gitignore and .dockerignore it must not stand.',
    isImport: true,
  },
  {
    name: 'start-module-missing',
    stage: 'start',
    pattern: /Cannot find module '(?<file>\/[^'\n]{1,200})'\n(?!Require stack)/,
    message: 'The start command runs {file}, which is not there.',
    hint: 'Check that the build makes it (its output folder, "outDir"), and that the start script names it.',
  },
  {
    name: 'package-not-installed',
    stage: 'build',
    pattern:
      /Cannot find (?:module|package) '(?<package>(?:@[\w.-]{1,80}\/)?[\w-][\w.-]{0,80})(?:\/[^'\n]{0,100})?'|Can't resolve '(?<package>(?:@[\w.-]{1,80}\/)?[\w-][\w.-]{0,80})(?:\/[^'\n]{0,100})?'|failed to resolve import "(?<package>(?:@[\w.-]{1,80}\/)?[\w-][\w.-]{0,80})(?:\/[^"\n]{0,100})?"|Could not resolve "(?<package>(?:@[\w.-]{1,80}\/)?[\w-][\w.-]{0,80})(?:\/[^"\n]{0,100})?"/i,
    message: 'The package {package} is imported, and is not installed.',
    hint: 'Add it to package.json (npm install {package}), and push package.json and the lock file.',
  },
  {
    name: 'package-not-kept',
    stage: 'start',
    pattern: /Cannot find (?:module|package) '(?<package>(?:@[\w.-]{1,80}\/)?[\w-][\w.-]{0,80})(?:\/[^'\n]{0,100})?'/i,
    message: 'The app uses the package {package}, which is not installed in the image that runs.',
    hint: 'If it stands in devDependencies, move it to dependencies: only those are kept after the build. Else add it with npm install {package}.',
  },
]
