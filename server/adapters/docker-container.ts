import type Docker from 'dockerode'

/** A container that does one thing and ends. */
export type CommandSpec = {
  name: string
  image: string
  network: string
  labels: Record<string, string>
  /** `KEY=value`, byte for byte. */
  env: string[]
  volumes: { name: string; path: string }[]
  /** A line for the container's own `sh -c`; undefined leaves the image's command. */
  startCommand: string | undefined
  memoryMb: number
  cpus: number
  pids: number
}

/** The container of an app. */
export type ContainerSpec = CommandSpec & {
  /** Port on 127.0.0.1 → port inside. */
  hostPort: number
  appPort: number
}

/** What a container may do. Images that start as root to change owner and user need these; nothing needs more. */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'NET_BIND_SERVICE', 'SETGID', 'SETUID']

/** What the engine is asked to make of an app. */
export function containerOptions(spec: ContainerSpec): Docker.ContainerCreateOptions {
  const { HostConfig, ...options } = commandOptions(spec)
  return {
    ...options,
    ExposedPorts: { [`${spec.appPort}/tcp`]: {} },
    HostConfig: {
      ...HostConfig,
      PortBindings: { [`${spec.appPort}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(spec.hostPort) }] },
      RestartPolicy: { Name: 'unless-stopped' },
    },
  }
}

/** What the engine is asked to make of a command: no port, and it is not started again. */
export function commandOptions(spec: CommandSpec): Docker.ContainerCreateOptions {
  const bytes = spec.memoryMb * 2 ** 20
  return {
    name: spec.name,
    Image: spec.image,
    Labels: spec.labels,
    Env: spec.env,
    ...(spec.startCommand !== undefined && { Entrypoint: ['/bin/sh', '-c'], Cmd: [spec.startCommand] }),
    HostConfig: {
      Init: true,
      NetworkMode: spec.network,
      Mounts: spec.volumes.map(({ name, path }) => ({ Type: 'volume', Source: name, Target: path })),
      Memory: bytes,
      MemorySwap: bytes,
      NanoCpus: Math.round(spec.cpus * 1e9),
      PidsLimit: spec.pids,
      CapDrop: ['ALL'],
      CapAdd: CAPABILITIES,
      SecurityOpt: ['no-new-privileges'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    },
  } as Docker.ContainerCreateOptions
}
