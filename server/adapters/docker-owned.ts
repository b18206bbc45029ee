import type Docker from 'dockerode'
import { AppError } from '../errors.ts'
import { explainEngine } from './docker-client.ts'

export type Owned = { kind: 'container' | 'image' | 'network' | 'volume'; name: string; labels: Record<string, string> }

/**
 * Refuses what does not carry the instance's label, or with `owner`, what another deployment has.
 * @throws name_in_use
 */
export function refuseForeign(
  instance: string,
  labels: Record<string, string> | null | undefined,
  what: string,
  owner?: string,
): void {
  if (labels?.['slipway.instance'] !== instance) {
    throw new AppError('name_in_use', `${what} exists and is not Slipway's. Remove or rename it, then try again.`)
  }
  if (owner === undefined || labels['slipway.deployment'] === owner) return
  throw new AppError(
    'name_in_use',
    `${what} belongs to another deployment. The doctor removes it if it has no owner; then try again.`,
  )
}

/** Everything on the engine that carries this instance's label. */
export async function listOwned(docker: Docker, instance: string, signal?: AbortSignal): Promise<Owned[]> {
  const filters = { label: [`slipway.instance=${instance}`] }
  const options = { filters, ...(signal && { abortSignal: signal }) }
  const [containers, images, networks, volumes] = await Promise.all([
    docker.listContainers({ ...options, all: true }),
    docker.listImages(options),
    docker.listNetworks(options),
    docker.listVolumes(options),
  ]).catch((error: unknown) => {
    throw explainEngine(error, 'listing what is ours')
  })
  return [
    ...containers.map((it) => ({
      kind: 'container' as const,
      name: it.Names[0]?.slice(1) ?? it.Id,
      labels: it.Labels,
    })),
    ...images.flatMap((it) =>
      (it.RepoTags?.filter((tag) => tag !== '<none>:<none>') ?? [])
        .concat(it.RepoTags?.length && it.RepoTags[0] !== '<none>:<none>' ? [] : [it.Id])
        .map((name) => ({ kind: 'image' as const, name, labels: it.Labels ?? {} })),
    ),
    ...networks.map((it) => ({ kind: 'network' as const, name: it.Name, labels: it.Labels ?? {} })),
    ...(volumes.Volumes ?? []).map((it) => ({ kind: 'volume' as const, name: it.Name, labels: it.Labels ?? {} })),
  ]
}
