import type { Readable } from 'node:stream'
import type Docker from 'dockerode'

export type ContainerEvent = { action: string; name: string; deploymentId: string; release: number }

/**
 * What happens to this instance's containers, until `signal` fires or the engine hangs up. `onOpen`: from now on nothing
 * is missed.
 */
export async function* followEvents(
  docker: Docker,
  instance: string,
  signal: AbortSignal,
  onOpen: () => void,
): AsyncGenerator<ContainerEvent> {
  const filters = {
    type: ['container'],
    label: [`slipway.instance=${instance}`],
    event: ['start', 'die', 'oom', 'restart', 'destroy', 'pause', 'unpause'],
  }
  const stream = (await docker.getEvents({
    filters: filters as never,
    abortSignal: signal,
  } as never)) as unknown as Readable
  onOpen()
  let rest = ''
  stream.setEncoding('utf8')
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines.filter(Boolean)) {
      const { Action: action, Actor: actor } = JSON.parse(line) as {
        Action: string
        Actor: { Attributes: Record<string, string> }
      }
      const { name = '', 'slipway.deployment': deploymentId = '', 'slipway.release': release = '0' } = actor.Attributes
      yield { action, name, deploymentId, release: Number(release) }
    }
  }
}
