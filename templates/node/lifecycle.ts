import type { Source } from '../../server/templates/source.ts'
import type { PackageJson } from './app.ts'

/** What of the sources must be there already when the dependencies are installed. */
export type InstallNeeds = {
  files: string[]
  /** Every package.json and lock file: a script installs in other folders, too. */
  manifests: boolean
  /** The script that may read anything: then all sources go first. */
  unclear?: string
}

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare']

/** Do nothing, or nothing to the sources: git hooks, checks of the package manager, output. */
const HARMLESS =
  /^(husky|is-ci|is-in-ci|only-allow|simple-git-hooks|lefthook|git config|lint-staged|echo|exit|true|:|test |\[ |ngcc|opencollective|check-node-version|playwright install|puppeteer browsers|patch-package|prisma generate|prisma -v|node (-e|--eval) |node (\.\/)?node_modules\/|(npm|yarn|pnpm|bun) (rebuild|-v|--version))/
const NESTED_INSTALL =
  /^(npm|yarn|pnpm|bun)\b.*( (ci|i|install)\b| --(prefix|cwd|dir)\b)|^yarn$|^cd \S+$|^lerna bootstrap/
const RUNNER = /^(npx( --?[\w-]+)*|pnpm (exec|dlx)|pnpx|yarn (exec|dlx)|bunx|cross-env|env|sudo)\s+/
const OF_ANOTHER_SCRIPT = /^(?:npm|pnpm|yarn|bun)(?: run(?:-script)?)? (?:-s |--silent )?([\w:.-]+)$/
/** What well-known tools read. */
const READS: [RegExp, string[]][] = [
  [/\bnux[ti] prepare/, ['nuxt.config.*']],
  [/^node (\.\/)?\.husky\/install\.mjs/, ['.husky/install.mjs']],
  [/\bsvelte-kit sync/, ['svelte.config.*', 'vite.config.*']],
]
const ALWAYS = ['patches/**', 'prisma/**/*.prisma', 'prisma/*.prisma', '*.prisma', 'prisma.config.*', '.yarn/patches/*']

/** Looks at the scripts that run while installing in `source`'s folder. */
export function installNeeds(source: Source, packageJson: PackageJson): InstallNeeds {
  const scripts = packageJson.scripts ?? {}
  const steps = INSTALL_SCRIPTS.flatMap((name) => stepsOf(scripts, name).map((line) => ({ name, line })))
  const read = READS.filter(([tool]) => steps.some(({ line }) => tool.test(line))).flatMap(([, files]) => files)
  const unknown = steps.find(
    ({ line }) => !HARMLESS.test(line) && !NESTED_INSTALL.test(line) && !READS.some(([tool]) => tool.test(line)),
  )
  const schema = packageJson.prisma?.schema
  return {
    files: [
      ...new Set([...ALWAYS, ...read].flatMap((glob) => source.find(glob))),
      ...(typeof schema === 'string' && source.has(schema) ? [schema] : []),
    ],
    manifests: steps.some(({ line }) => NESTED_INSTALL.test(line)),
    ...(unknown && { unclear: unknown.name }),
  }
}

/** The commands of a script, one by one, with those of the scripts that it runs. */
function stepsOf(scripts: Record<string, string>, name: string, seen: string[] = []): string[] {
  if (seen.includes(name)) return []
  return String(scripts[name] ?? '')
    .split(/&&|\|\||;|\n/)
    .map(plainCommand)
    .filter((line) => line !== '')
    .flatMap((line) => {
      const other = OF_ANOTHER_SCRIPT.exec(line)?.[1]
      return other !== undefined && scripts[other] !== undefined ? stepsOf(scripts, other, [...seen, name]) : [line]
    })
}

function plainCommand(text: string): string {
  const line = text
    .trim()
    .replace(/^\(|\)$/g, '')
    .replace(/^(\w+=\S*\s+)+/, '')
  const plain = line.replace(RUNNER, '').replace(/^(\w+=\S*\s+)+/, '')
  return plain === line ? line : plainCommand(plain)
}
