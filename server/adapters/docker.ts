import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { AppError } from '../errors.ts'
import type { EngineCgroups } from './build-guard.ts'
import { type BuildRequest, buildImage } from './docker-build.ts'
import { createBuildCache } from './docker-build-cache.ts'
import { createDockerClient, must, unless } from './docker-client.ts'
import { type CommandSpec, type ContainerSpec, commandOptions, containerOptions } from './docker-container.ts'
import { followEvents } from './docker-events.ts'
import { demultiplex, type RuntimeLine, readInOrder, readLines } from './docker-logs.ts'
import { createNetworksAndVolumes } from './docker-networks.ts'
import { listOwned, refuseForeign } from './docker-owned.ts'
import { type ContainerUsage, readUsage, STATS_OPTIONS } from './docker-stats.ts'
import { readEngineUsage, removeUnnamed } from './docker-usage.ts'
import { createVolumeArchives } from './docker-volumes.ts'

export type ContainerState = {
  id: string
  labels: Record<string, string>
  status: 'created' | 'running' | 'restarting' | 'exited' | 'paused' | 'dead' | 'removing'
  exitCode: number
  outOfMemory: boolean
  /** The last start failed, for a reason of the engine's. */
  couldNotStart: boolean
  restarts: number
  startedAt: string
}

/** The one door to the engine. Every `ensure` may be called twice; every `remove` succeeds when nothing is there. */
export type DockerAdapter = ReturnType<typeof createDocker>

const CALL_MS = 60_000
/** Whoever asks how the engine is waits for the answer. */
const CHECK_MS = 8000

/** Every effect carries the instance's label, and nothing without it is changed or removed. */
export function createDocker(dockerHost: string, instance: string) {
  const docker = createDockerClient(dockerHost)
  const abortable = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {})

  const mineOrThrow = (labels: Record<string, string> | null | undefined, what: string, owner?: string) =>
    refuseForeign(instance, labels, what, owner)

  async function inspectContainer(name: string, signal?: AbortSignal): Promise<ContainerState | undefined> {
    const found = await unless([404], 'looking at a container', docker.getContainer(name).inspect(abortable(signal)))
    if (!found) return undefined
    const { State: state } = found
    return {
      id: found.Id,
      labels: found.Config.Labels,
      status: (state.Restarting ? 'restarting' : state.Status) as ContainerState['status'],
      exitCode: state.ExitCode,
      outOfMemory: state.OOMKilled,
      couldNotStart: state.Error !== '',
      restarts: found.RestartCount,
      startedAt: state.StartedAt,
    }
  }

  async function inspectImage(name: string) {
    return unless([404], 'looking at an image', docker.getImage(name).inspect())
  }

  /** The log as it is now, as a stream: dockerode would read one that is not followed into memory whole. */
  function openLog(name: string, range: { since: number } | { tail: number }): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const path = `/containers/${encodeURIComponent(name)}/logs?`
      const options = { stdout: true, stderr: true, timestamps: true, ...range }
      const statusCodes = { 200: true, 404: 'no such container', 409: 'conflict', 500: 'server error' }
      docker.modem.dial(
        { path, method: 'GET', options, isStream: true, statusCodes },
        (error: unknown, stream: unknown) => (error ? reject(error) : resolve(stream)),
      )
    })
  }

  function call(
    method: string,
    path: string,
    options: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const statusCodes = { 200: true, 400: 'bad parameter', 500: 'server error' }
      docker.modem.dial(
        { path, method, options, statusCodes, ...abortable(signal) },
        (error: unknown, body: unknown) => (error ? reject(error) : resolve(body)),
      )
    })
  }

  const cache = createBuildCache(call)
  /** Also ends the connection of a question that nobody waits for any more. Dockerode's types do not know its options. */
  const askState = (ms: number): ReturnType<Docker['info']> =>
    docker.info({ abortSignal: AbortSignal.timeout(ms) } as never) as never

  return {
    /** @throws engine_unreachable */
    async check(): Promise<{ version: string; rootDir: string; warnings: string[]; cgroups: EngineCgroups }> {
      const info = await must('asking for its state', askState(CHECK_MS + 500), CHECK_MS)
      // Engines before API 1.41 do not say it, and knew cgroup v1 only.
      const cgroups = { driver: info.CgroupDriver, version: info.CgroupVersion ?? '1' }
      return { version: info.ServerVersion, rootDir: info.DockerRootDir, warnings: info.Warnings ?? [], cgroups }
    },

    /** @throws engine_unreachable */
    async ping(): Promise<void> {
      await must('answering', docker.ping(), 10_000)
    },

    build: (request: BuildRequest) => cache.whileBuilding(() => buildImage(docker, request, instance)),

    async tagImage(source: string, repository: string, tag: string): Promise<void> {
      if (!(await inspectImage(source)))
        throw new AppError('image_gone', `The image ${source} is gone. Deploy again to build a new one.`)
      await must('tagging an image', docker.getImage(source).tag({ repo: repository, tag }))
    },

    hasImage: async (name: string) => (await inspectImage(name)) !== undefined,

    /** The ports of EXPOSE, lowest first. */
    async exposedPorts(image: string): Promise<number[]> {
      const found = await inspectImage(image)
      const ports = Object.keys(found?.Config.ExposedPorts ?? {}).filter((port) => port.endsWith('/tcp'))
      return ports.map((port) => Number.parseInt(port, 10)).sort((a, b) => a - b)
    },

    async removeImage(name: string): Promise<void> {
      const found = await inspectImage(name)
      if (!found) return
      mineOrThrow(found.Config.Labels, `The image ${name}`)
      await unless([404], 'removing an image', docker.getImage(name).remove({ force: false, noprune: false }))
    },

    removeUnnamed: () => removeUnnamed(docker, instance),
    diskUsage: () => readEngineUsage(call, instance),

    pruneBuildCache: cache.prune,
    keepBuildCacheWithin: cache.keepWithin,

    ...createNetworksAndVolumes(docker, mineOrThrow),
    ...createVolumeArchives(docker, instance, mineOrThrow),

    /**
     * Makes and starts the container and answers its id. One that is there already is replaced: it is a half-made one.
     * Not to be aborted: a request that is given up may still be carried out, after somebody looked that nothing is there.
     * @throws port_taken when another process holds the port; the container is then removed again. name_in_use
     */
    async startContainer(spec: ContainerSpec): Promise<string> {
      const owner = spec.labels['slipway.deployment']
      await this.removeContainer(spec.name, owner)
      const container = await must('making the container', docker.createContainer(containerOptions(spec)))
      try {
        await must('starting the container', container.start())
      } catch (error) {
        await this.removeContainer(spec.name, owner)
        const text = error instanceof Error ? error.message : ''
        if (/port is already allocated|address already in use/.test(text)) {
          throw new AppError('port_taken', `Port ${spec.hostPort} is held by another process.`, { cause: error })
        }
        throw error
      }
      return container.id
    },

    /**
     * Runs a container to its end and answers its exit code; `onLine` is told what it prints. The container stays, for
     * whoever made it to remove. When `signal` fires nobody waits any more.
     */
    async runContainer(spec: CommandSpec, onLine: (line: RuntimeLine) => void, signal: AbortSignal): Promise<number> {
      await this.removeContainer(spec.name, spec.labels['slipway.deployment'])
      const container = await must('making the container', docker.createContainer(commandOptions(spec)))
      await must('starting the container', container.start())
      for await (const line of this.followLog(spec.name, { after: 0, signal })) onLine(line)
      signal.throwIfAborted()
      const { StatusCode: code } = await must('waiting for a container', container.wait())
      return code
    },

    inspectContainer,

    async resumeContainer(name: string): Promise<void> {
      await unless([304], 'starting a container', docker.getContainer(name).start())
    },

    /** SIGTERM, then SIGKILL after `seconds`. A container that is not there or has stopped is fine. */
    async stopContainer(name: string, seconds = 10): Promise<void> {
      await unless(
        [304, 404],
        'stopping a container',
        docker.getContainer(name).stop({ t: seconds }),
        CALL_MS + seconds * 1000,
      )
    },

    async restartContainer(name: string, seconds = 10): Promise<void> {
      const restarted = docker.getContainer(name).restart({ t: seconds })
      await must('restarting a container', restarted, CALL_MS + seconds * 1000)
    },

    /** With `owner`, a container of another deployment is refused, too. @throws name_in_use */
    async removeContainer(name: string, owner?: string): Promise<void> {
      const found = await inspectContainer(name)
      if (!found) return
      mineOrThrow(found.labels, `The container ${name}`, owner)
      const container = docker.getContainer(found.id)
      await unless([404, 409], 'removing a container', container.remove({ force: true, v: true }))
      // 409: the engine is still at a removal that was asked for before, perhaps by a server that died since.
      await unless([404], 'waiting for a container to go', container.wait({ condition: 'removed' }))
    },

    /** The last lines of a container's log, by their time. */
    async logTail(name: string, lines: number): Promise<RuntimeLine[]> {
      const text = await unless(
        [404, 409],
        'reading a log',
        docker.getContainer(name).logs({ stdout: true, stderr: true, timestamps: true, follow: false, tail: lines }),
      )
      if (!text) return []
      const { Readable } = await import('node:stream')
      return readInOrder(Readable.from([text as unknown as Buffer]))
    },

    /** Up to `limit` lines later than `after` (microseconds); without `after` the last ones. Empty when there is no such container. */
    async readLog(name: string, { after, limit }: { after: number; limit: number }): Promise<RuntimeLine[]> {
      const range = after > 0 ? { since: Math.floor(after / 1_000_000) } : { tail: limit }
      const stream = await unless([404, 409], 'reading a log', openLog(name, range))
      const lines: RuntimeLine[] = []
      if (!stream) return lines
      for await (const line of readLines(stream as unknown as Readable, after)) {
        lines.push(line)
        if (lines.length >= limit) break
      }
      return lines
    },

    /** Log lines later than `after` (microseconds), first those that are there, then live until `signal` fires. */
    async *followLog(
      name: string,
      options: { after: number; tail?: number; signal: AbortSignal },
    ): AsyncGenerator<RuntimeLine> {
      const since = options.after > 0 ? Math.floor(options.after / 1_000_000) : undefined
      const stream = await unless(
        [404, 409],
        'following a log',
        docker.getContainer(name).logs({
          stdout: true,
          stderr: true,
          timestamps: true,
          follow: true,
          ...(since !== undefined && { since }),
          ...(options.tail !== undefined && { tail: options.tail }),
          abortSignal: options.signal,
        }),
      )
      if (stream) yield* readLines(stream as unknown as Readable, options.after)
    },

    /** What a container uses at the moment; undefined when it is not there or does not run. */
    async usage(name: string, signal: AbortSignal): Promise<ContainerUsage | undefined> {
      const path = `/containers/${encodeURIComponent(name)}/stats?`
      const stats = await unless([404, 409], 'measuring a container', call('GET', path, STATS_OPTIONS, signal))
      return stats === undefined ? undefined : readUsage(stats as Parameters<typeof readUsage>[0])
    },

    /** What a program inside the container prints, undefined when it cannot be run there. */
    async execInContainer(name: string, command: string[]): Promise<string | undefined> {
      const exec = await unless(
        [404, 409],
        'looking into a container',
        docker.getContainer(name).exec({ Cmd: command, AttachStdout: true, AttachStderr: false }),
      )
      if (!exec) return undefined
      const stream = await unless([404, 409, 400, 500], 'looking into a container', exec.start({}))
      if (!stream) return undefined
      const parts: Buffer[] = []
      for await (const { data } of demultiplex(stream)) parts.push(Buffer.from(data))
      const { ExitCode: code } = await exec.inspect()
      return code === 0 ? Buffer.concat(parts).toString('utf8') : undefined
    },

    /** Everything on the engine that carries this instance's label. */
    listOwned: (signal?: AbortSignal) => listOwned(docker, instance, signal),

    /**
     * What happens to this instance's containers, until `signal` fires or the engine hangs up. `onOpen`: from now on
     * nothing is missed.
     */
    events: (signal: AbortSignal, onOpen: () => void) => followEvents(docker, instance, signal, onOpen),
  }
}
