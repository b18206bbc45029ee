import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import protobuf from 'protobufjs/minimal.js'
import { AppError } from '../errors.ts'
import { explainEngine } from './docker-client.ts'

export type BuildEvent = { stream: 'step' | 'stdout' | 'stderr'; text: string }

export type BuildRequest = {
  image: string
  /** A tar stream with the sources and the Dockerfile. */
  context: Readable
  dockerfile: string
  /** The stage to build; the last one when left out. */
  target?: string
  buildArgs: Record<string, string>
  /** Without the cache of layers. */
  nocache?: boolean
  /** From the base image as the registry has it now. */
  pull?: boolean
  labels: Record<string, string>
  onEvent: (event: BuildEvent) => void
  signal: AbortSignal
}

/**
 * Builds an image with BuildKit and answers its id. The request carries the context itself and opens no session:
 * dockerode's session has no health service, and newer BuildKit drops such a one after 10 s (dockerode PR #847).
 * A build may start from any image that the engine has, but for those of our apps, `instance`/…: they hold the sources of
 * others. BuildKit names each image before it takes anything from it, whatever variables and ONBUILD made the name.
 * @throws base_image_unavailable, build_cache_damaged, file_unsafe, build_failed, build_out_of_memory, engine_unreachable; AbortError when aborted.
 */
export async function buildImage(docker: Docker, request: BuildRequest, instance: string): Promise<string> {
  const stream = await openBuild(docker, request)
  let imageId = ''
  const report = createTraceReporter(request.onEvent, (name) => refuseImagesOfApps(name, instance))
  try {
    for await (const message of readJson(stream)) {
      if (message.error !== undefined) throw explainBuild(message.errorDetail?.message ?? message.error)
      if (message.id === 'moby.image.id') imageId = (message.aux as { ID: string }).ID
      else if (message.id === 'moby.buildkit.trace') report(Buffer.from(String(message.aux), 'base64'))
      else if (message.stream !== undefined) request.onEvent({ stream: 'stdout', text: message.stream })
    }
  } catch (error) {
    if (request.signal.aborted) throw new DOMException('The build was aborted', 'AbortError')
    // the engine hangs up when the sources end in the middle: why they did is what counts
    throw request.context.errored ?? explainEngine(error, 'building the image')
  } finally {
    stream.destroy()
    request.context.destroy()
  }
  if (imageId === '')
    throw new AppError('build_failed', 'The engine ended the build without an image. Look at its log, then try again.')
  return imageId
}

/** @throws file_unsafe */
function refuseImagesOfApps(name: string, instance: string): void {
  const [, image] = /^(?:\[[^\]]*\] )?(?:load metadata for |FROM |docker-image:\/\/)docker\.io\/(\S+)/.exec(name) ?? []
  if (image?.startsWith(`${instance}/`) !== true) return
  throw new AppError(
    'file_unsafe',
    `The Dockerfile starts from ${image}, which is the image of an app here. Take what both need into an image of a registry, or into this repository.`,
  )
}

function openBuild(docker: Docker, request: BuildRequest): Promise<Readable> {
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        path: '/build?',
        method: 'POST',
        file: request.context,
        options: {
          version: '2',
          t: request.image,
          dockerfile: request.dockerfile,
          ...(request.target !== undefined && { target: request.target }),
          buildargs: request.buildArgs,
          ...(request.nocache && { nocache: true }),
          ...(request.pull && { pull: true }),
          labels: request.labels,
          rm: true,
          forcerm: true,
        },
        abortSignal: request.signal,
        isStream: true,
        statusCodes: { 200: true, 400: 'bad parameter', 500: 'server error' },
      },
      (error: unknown, stream: unknown) => {
        if (error === null || error === undefined) return resolve(stream as Readable)
        reject(
          request.signal.aborted
            ? new DOMException('The build was aborted', 'AbortError')
            : (request.context.errored ?? explainEngine(error, 'starting the build')),
        )
      },
    )
    request.context.once('error', reject)
  })
}

type Message = { id?: string; aux?: unknown; stream?: string; error?: string; errorDetail?: { message?: string } }

/** The engine sends one JSON document a line. */
async function* readJson(stream: Readable): AsyncGenerator<Message> {
  let rest = ''
  stream.setEncoding('utf8')
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as Message
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as Message
}

/** A line longer than this is handed on in pieces. */
const MAX_OPEN_LINE = 64 * 1024

/**
 * Turns traces into events. BuildKit sends what a step prints in whatever pieces the pipe gave: lines are put together
 * again, so that none is torn in two, nor a secret in it from its mask, nor a character from its bytes. `onName` hears the
 * name of each thing to do, also of BuildKit's own.
 */
export function createTraceReporter(
  onEvent: (event: BuildEvent) => void,
  onName: (name: string) => void = () => undefined,
): (trace: Uint8Array) => void {
  const told = new Set<string>()
  const open = new Map<string, Buffer>()

  function tellVertex({ digest, name, started, completed, cached }: Vertex) {
    onName(name)
    if (completed) for (const stream of [1, 2]) close(digest, stream)
    const key = `${digest} ${completed}`
    if (!started || told.has(key) || name.startsWith('[internal]')) return
    told.add(key)
    if (!completed) onEvent({ stream: 'step', text: name })
    else if (cached) onEvent({ stream: 'step', text: `CACHED ${name}` })
  }

  function tellLog({ vertex, stream, bytes }: Log) {
    const key = `${vertex} ${stream}`
    const text = Buffer.concat([open.get(key) ?? Buffer.alloc(0), bytes])
    const lines = text.lastIndexOf('\n') + 1
    const end = text.length - lines > MAX_OPEN_LINE ? text.length : lines
    open.set(key, text.subarray(end))
    if (end > 0) tellText(stream, text.subarray(0, end))
  }

  function close(vertex: string, stream: number) {
    const rest = open.get(`${vertex} ${stream}`)
    open.delete(`${vertex} ${stream}`)
    if (rest !== undefined && rest.length > 0) tellText(stream, rest)
  }

  const tellText = (stream: number, text: Buffer) =>
    onEvent({ stream: stream === 2 ? 'stderr' : 'stdout', text: text.toString('utf8') })

  return (trace) => {
    for (const entry of decodeTrace(trace)) {
      if (entry.kind === 'vertex') tellVertex(entry)
      else tellLog(entry)
    }
  }
}

type Vertex = {
  kind: 'vertex'
  digest: string
  name: string
  started: boolean
  completed: boolean
  cached: boolean
}
type Log = { kind: 'log'; vertex: string; stream: number; bytes: Uint8Array }

/**
 * Decodes a `moby.buildkit.v1.StatusResponse`: vertexes are field 1, logs field 3 (BuildKit's api/services/control).
 * Only the reader of protobufjs is loaded; dockerode's followProgress would load all of it and keep every line.
 */
export function decodeTrace(bytes: Uint8Array): (Vertex | Log)[] {
  const entries: (Vertex | Log)[] = []
  eachField(bytes, (field, reader) => {
    if (field === 1) entries.push(readVertex(reader.bytes()))
    else if (field === 3) entries.push(readLog(reader.bytes()))
    else return false
    return true
  })
  return entries
}

function readVertex(bytes: Uint8Array): Vertex {
  const vertex = { kind: 'vertex' as const, digest: '', name: '', started: false, completed: false, cached: false }
  eachField(bytes, (field, reader, skip) => {
    if (field === 1) vertex.digest = reader.string()
    else if (field === 3) vertex.name = reader.string()
    else if (field === 4) vertex.cached = reader.bool()
    else if (field === 5 || field === 6) {
      skip()
      vertex[field === 5 ? 'started' : 'completed'] = true
    } else return false
    return true
  })
  return vertex
}

function readLog(bytes: Uint8Array): Log {
  const log: Log = { kind: 'log', vertex: '', stream: 1, bytes: new Uint8Array() }
  eachField(bytes, (field, reader) => {
    if (field === 1) log.vertex = reader.string()
    else if (field === 3) log.stream = Number(reader.int64())
    else if (field === 4) log.bytes = reader.bytes()
    else return false
    return true
  })
  return log
}

type FieldReader = (field: number, reader: protobuf.Reader, skip: () => void) => boolean

function eachField(bytes: Uint8Array, read: FieldReader): void {
  const reader = protobuf.Reader.create(bytes)
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    const skip = () => void reader.skipType(tag & 7)
    if (!read(tag >>> 3, reader, skip)) skip()
  }
}

/** BuildKit's closing message as one of our errors. */
function explainBuild(text: string): AppError {
  const message = text.replace(/^failed to solve(?: with frontend \S+)?: (?:rpc error: code = \w+ desc = )?/, '')
  const missing = /failed to (?:compute cache key|calculate checksum).*"([^"]+)":? not found/.exec(message)
  if (missing) {
    return new AppError(
      'build_failed',
      `The Dockerfile copies ${missing[1]}, which is not there. Check its path, and that .dockerignore does not leave it out.`,
    )
  }
  // moby issues 36573 and 41595: a removal of images beside a build, or a crash of the engine.
  if (/layer does not exist/.test(message)) {
    return new AppError(
      'build_cache_damaged',
      'The engine has lost a layer that its build cache still names. Empty the cache (docker builder prune), then deploy again.',
    )
  }
  // What ADD fetches; a registry is asked below /v2/.
  const download = /Get "(https?:\/\/(?![^/"]+\/(?:v2|token)\b)[^"]+)"/.exec(message)
  if (download) {
    return new AppError(
      'build_failed',
      `The Dockerfile adds ${download[1]}, which could not be fetched: ${message}. Check the address.`,
    )
  }
  const base =
    /(?:^|\s)(\S+): (?:failed to do request|not found|pull access denied|failed to resolve|failed to authorize|dial tcp)/.exec(
      message,
    )
  if (
    base ||
    /pull access denied|failed to resolve source metadata|registry-1\.docker\.io|manifest unknown|failed to load cache key.*(dial|lookup)/.test(
      message,
    )
  ) {
    return new AppError(
      'base_image_unavailable',
      `The base image could not be fetched: ${message}. Check its name in the Dockerfile and that this machine reaches the registry.`,
    )
  }
  if (/no space left on device/.test(message)) {
    return new AppError(
      'disk_full',
      'The disk filled up during the build. Free some space (docker builder prune), then deploy again.',
    )
  }
  if (/exit code: 137/.test(message)) {
    return new AppError(
      'build_out_of_memory',
      `The build was killed, most likely because it ran out of memory (${message}). Raise SLIPWAY_BUILD_MEMORY_MB, or make the build need less.`,
    )
  }
  return new AppError('build_failed', `The build failed: ${message}. The build log shows the last lines before it.`)
}
