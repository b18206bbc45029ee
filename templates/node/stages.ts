import type { Install } from './install.ts'
import type { NodeVersion } from './node-version.ts'
import type { ManagerName, PackageManager } from './package-manager.ts'

/** What node/tools.njk and node/dependencies.njk are told. */
export type Stages = {
  /** The tag of the image of Node, without `-slim`. */
  tag: string
  /** The package manager that npm installs first. */
  tool?: string
  /** The cache mount's name, and the variables that point the package manager there. */
  cacheName: string
  cacheVariables: string[]
  /** Other variables of the building stages. */
  env: Record<string, string>
  /** Left out when there is nothing to install. */
  install?: Install
  /** Put beside the sources: give them to the plan's `extraFiles`. */
  extraFiles: Record<string, string>
}

const CACHE_VARIABLES: Record<ManagerName, string[]> = {
  npm: ['npm_config_cache'],
  yarn: ['YARN_CACHE_FOLDER'],
  berry: ['YARN_GLOBAL_FOLDER'],
  // pnpm 11 stopped reading npm's names
  pnpm: ['npm_config_store_dir', 'pnpm_config_store_dir'],
  bun: ['BUN_INSTALL_CACHE_DIR'],
}

/** No git hooks in an image, no questions and no reports to the tools' makers from a build. */
const QUIET = {
  HUSKY: '0',
  NG_CLI_ANALYTICS: 'false',
  NEXT_TELEMETRY_DISABLED: '1',
  NUXT_TELEMETRY_DISABLED: '1',
  ASTRO_TELEMETRY_DISABLED: '1',
  GATSBY_TELEMETRY_DISABLED: '1',
  TURBO_TELEMETRY_DISABLED: '1',
  CHECKPOINT_DISABLE: '1',
  npm_config_update_notifier: 'false',
  npm_config_fund: 'false',
  npm_config_audit: 'false',
}

const OF_MANAGER: Record<ManagerName, Record<string, string>> = {
  npm: {},
  yarn: {},
  // Plug'n'Play and pnpm's linker leave nothing that could be pruned and copied by folder; the lock file is the same
  berry: {
    YARN_NODE_LINKER: 'node-modules',
    YARN_NM_MODE: 'classic',
    YARN_ENABLE_GLOBAL_CACHE: 'true',
    YARN_ENABLE_TELEMETRY: '0',
  },
  // each script would compare the installed with the manifests again, and install
  pnpm: {
    npm_config_verify_deps_before_run: 'false',
    pnpm_config_verify_deps_before_run: 'false',
    // what is pruned would stay for a week
    npm_config_modules_cache_max_age: '0',
    pnpm_config_modules_cache_max_age: '0',
  },
  bun: {},
}

/** The image brings Node's headers; without this node-gyp downloads them. */
const HEADERS = { npm_config_nodedir: '/usr/local' }

type Parts = { node: NodeVersion; manager: PackageManager; install?: Install }

/** The values of the stages that install. */
export function stagesOf({ node, manager, install }: Parts): Stages {
  return {
    tag: node.tag,
    ...(manager.package !== undefined && { tool: manager.package }),
    cacheName: manager.name,
    cacheVariables: CACHE_VARIABLES[manager.name],
    env: {
      ...QUIET,
      ...OF_MANAGER[manager.name],
      ...(install?.packages.install.includes('make') && HEADERS),
    },
    ...(install && { install }),
    extraFiles: install?.list ? { manifests: `${install.list.join('\n')}\n` } : {},
  }
}
