import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { type BuildGuard, createBuildGuard } from './adapters/build-guard.ts'
import { type Cloudflare, createCloudflare } from './adapters/cloudflare.ts'
import { createDocker, type DockerAdapter } from './adapters/docker.ts'
import { createGit, type Git } from './adapters/git.ts'
import { DEFAULT_LIMITS } from './adapters/git-size.ts'
import { createGithub, type Github } from './adapters/github.ts'
import { createGithubApp, type GithubApp } from './adapters/github-app.ts'
import { createMetadataWall, type MetadataWall } from './adapters/metadata-wall.ts'
import { createNginx, type Nginx } from './adapters/nginx.ts'
import type { Config } from './config.ts'
import { readApp } from './db/github-app.ts'
import { openDatabase } from './db/open.ts'
import type { Schema } from './db/schema.ts'
import { readSetting, writeSetting } from './db/settings.ts'
import { createEventHub, type EventHub } from './events.ts'
import { root } from './root.ts'
import { createRunningSchedules, type RunningSchedules } from './running-schedules.ts'
import { createSecrets, loadMasterKeys, type Secrets } from './secrets.ts'
import { type Catalog, loadCatalog } from './templates/catalog.ts'

/** All that routes and steps work with. Made here and handed down; nothing reaches for a global. */
export type Deps = {
  config: Config
  log: Logger
  db: Kysely<Schema>
  secrets: Secrets
  events: EventHub
  /** The scheduled jobs that run at the moment. */
  running: RunningSchedules
  catalog: Catalog
  git: Git
  github: Github
  /** Asks as a GitHub App, where one was made. */
  githubApp: GithubApp
  docker: DockerAdapter
  /** Keeps builds from taking the machine. */
  guard: BuildGuard
  nginx: Nginx
  /** Keeps apps and builds from the metadata service of a cloud. */
  metadataWall: MetadataWall
  /** Undefined when no token is configured. */
  cloudflare: Cloudflare | undefined
}

/** The one place where adapters are made. @throws when the database or the key file cannot be used. */
export async function createDeps(config: Config, log: Logger): Promise<Deps> {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const secrets = createSecrets(loadMasterKeys(config.dataDir, config.secretKey))
  const db = await openDatabase(config.dataDir)
  const managed = config.nginx !== 'system'
  const docker = createDocker(config.dockerHost, config.instance)
  return {
    config,
    log,
    db,
    secrets,
    events: createEventHub(),
    running: createRunningSchedules(),
    catalog: await loadCatalog(path.join(root, 'templates')),
    git: createGit(path.join(config.dataDir, 'git-home'), {
      bytes: config.repositoryMaxMb * 2 ** 20,
      files: DEFAULT_LIMITS.files,
    }),
    github: createGithub({ url: config.githubUrl, apiUrl: config.githubApiUrl }),
    githubApp: createGithubApp({ apiUrl: config.githubApiUrl, load: () => readApp({ db, secrets }) }),
    metadataWall: createMetadataWall({ mode: config.metadataWall, instance: config.instance }),
    docker,
    guard: createBuildGuard({
      mode: config.buildGuard,
      requestFile: path.join(config.dataDir, 'build-guard'),
      askEngine: config.dockerHost.startsWith('unix:') ? async () => (await docker.check()).cgroups : undefined,
      log: (message) => log.warn(message),
    }),
    nginx: createNginx({
      mode: config.nginx,
      bin: config.nginxBin,
      dir: config.nginxDir,
      vhostsDir: managed ? path.join(config.dataDir, 'vhosts') : config.nginxDir,
      httpPort: config.httpPort,
      instance: config.instance,
      domain: config.domain,
      drainSeconds: config.drainSeconds,
      trustCloudflare: config.cloudflare !== undefined,
      log: (message) => log.warn(message),
    }),
    cloudflare:
      config.cloudflare &&
      createCloudflare({
        apiToken: config.cloudflare.apiToken,
        accountId: config.cloudflare.accountId,
        zoneId: config.cloudflare.zoneId,
        ...(config.cloudflare.tunnelId !== undefined && { tunnelId: config.cloudflare.tunnelId }),
        ...(config.cloudflare.baseUrl !== undefined && { baseUrl: config.cloudflare.baseUrl }),
        instance: config.instance,
        domain: config.domain,
        serviceUrl: `http://127.0.0.1:${config.httpPort}`,
        rememberTunnel: {
          load: () => readSetting(db, 'cloudflare.tunnel'),
          save: (id) => writeSetting(db, 'cloudflare.tunnel', id),
        },
        log: (message) => log.warn(message),
      }),
  }
}
