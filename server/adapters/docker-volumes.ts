import { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { must, unless } from './docker-client.ts'

type MineOrThrow = (labels: Record<string, string> | null | undefined, what: string) => void

/** A container that has a volume. */
export type VolumeUser = { id: string; name: string; status: string; labels: Record<string, string> }

/** Where the volume is in the container that nothing ever runs in; what the names in an archive begin with. */
const PLACE = 'volume'

/**
 * The files of volumes, read and written through a container that is never started, of an image with nothing in it: no
 * program of an app's image is needed, and none runs. No app can have these names: they have an underscore in them.
 */
export function createVolumeArchives(docker: Docker, instance: string, mineOrThrow: MineOrThrow) {
  const [image, name] = [`${instance}/volume_reader:1`, `${instance}_volume_reader`]
  const labels = { 'slipway.instance': instance, 'slipway.volumes': 'reader' }

  async function importEmptyImage(): Promise<void> {
    const changes = Object.entries(labels).map(([key, value]) => `LABEL ${key}=${value}`)
    const [repo, tag] = image.split(':')
    const empty = Readable.from([Buffer.alloc(1024)])
    const stream = await must(
      'making an empty image',
      new Promise<NodeJS.ReadableStream>((resolve, reject) => {
        docker.importImage(empty as never, { repo, tag, changes }, (error, answer) =>
          error || !answer ? reject(error) : resolve(answer),
        )
      }),
    )
    for await (const _ of stream as unknown as Readable);
  }

  async function removeReader(): Promise<void> {
    const found = await unless([404], 'looking at a container', docker.getContainer(name).inspect())
    if (!found) return
    mineOrThrow(found.Config.Labels, `The container ${name}`)
    await unless([404, 409], 'removing a container', docker.getContainer(found.Id).remove({ force: true }))
  }

  async function openReader(volume: string, isReadOnly: boolean): Promise<Docker.Container> {
    await removeReader()
    if (!(await unless([404], 'looking at an image', docker.getImage(image).inspect()))) await importEmptyImage()
    const mount = { Type: 'volume' as const, Source: volume, Target: `/${PLACE}`, ReadOnly: isReadOnly }
    return must(
      'making a container',
      docker.createContainer({
        name,
        Image: image,
        Cmd: ['nothing'],
        Labels: labels,
        HostConfig: { NetworkMode: 'none', Mounts: [mount] },
      }),
    )
  }

  return {
    /** The files of a volume as a tar, each name below `volume/`. One volume is read or written at a time. */
    async readVolume(volume: string, signal: AbortSignal): Promise<Readable> {
      const reader = await openReader(volume, true)
      const options = { path: `/${PLACE}`, abortSignal: signal }
      return (await must('reading a volume', reader.getArchive(options as never))) as unknown as Readable
    },

    /** Puts the files of such a tar into a volume. Owners, modes and times are those of the tar. */
    async writeVolume(volume: string, tar: AsyncIterable<Uint8Array>): Promise<void> {
      const reader = await openReader(volume, false)
      const body = Readable.from(tar)
      // The client pipes it, and would wait for ever for the end of a source that failed.
      const end = new AbortController()
      body.once('error', (error) => end.abort(error))
      const options = { path: '/', abortSignal: end.signal }
      await must('writing a volume', reader.putArchive(body as never, options as never), WRITE_MS).catch((error) => {
        throw end.signal.aborted ? end.signal.reason : error
      })
    },

    /** Takes away what reading and writing needed. Fine when nothing is there. */
    async clearVolumeReader(): Promise<void> {
      await removeReader()
      const found = await unless([404], 'looking at an image', docker.getImage(image).inspect())
      if (!found) return
      mineOrThrow(found.Config?.Labels, `The image ${image}`)
      await unless([404, 409], 'removing an image', docker.getImage(image).remove())
    },

    /** The containers of this instance that have one of these volumes, whatever they do. */
    async listVolumeUsers(volumes: string[]): Promise<VolumeUser[]> {
      if (volumes.length === 0) return []
      const filters = { label: [`slipway.instance=${instance}`], volume: volumes }
      const found = await must('listing containers', docker.listContainers({ all: true, filters }))
      return found.map(({ Id: id, Names: names, State: status, Labels }) => ({
        id,
        name: names[0]?.slice(1) ?? id,
        status,
        labels: Labels,
      }))
    },

    /** Nothing in the container runs until it is resumed. Fine when it does not run anyway, or is gone. */
    async pauseContainer(id: string): Promise<void> {
      await unless([404, 409], 'pausing a container', docker.getContainer(id).pause())
    },

    /** Fine when it is not paused, or gone. */
    async unpauseContainer(id: string): Promise<void> {
      const found = await unless([404], 'looking at a container', docker.getContainer(id).inspect())
      if (found?.State.Paused) await unless([404], 'resuming a container', docker.getContainer(id).unpause())
    },

    /** Starts a container that was stopped. Fine when it runs, or is gone. */
    async startAgain(id: string): Promise<void> {
      await unless([304, 404], 'starting a container', docker.getContainer(id).start())
    },
  }
}

/** A volume may be large. */
const WRITE_MS = 6 * 60 * 60_000
