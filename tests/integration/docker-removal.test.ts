import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDocker } from '../../server/adapters/docker.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.destroy())

test('a container that is being removed already is gone when its removal has ended', async () => {
  const { instance } = world.slipway
  const name = `${instance}-twice-1`
  const docker = createDocker('unix:///var/run/docker.sock', instance)
  for (let round = 0; round < 3; round++) {
    const container = await world.docker.createContainer({
      name,
      Image: 'debian:bookworm-slim',
      Cmd: ['sh', '-c', 'head -c 50M /dev/urandom > /file; sleep 600'],
      Labels: { 'slipway.instance': instance, 'slipway.deployment': 'twice' },
    })
    await container.start()
    const written = async () => ((await container.inspect({ size: true } as object)) as { SizeRw?: number }).SizeRw ?? 0
    await expect.poll(written).toBeGreaterThan(2 ** 24)
    const removeAndLook = async () => {
      await docker.removeContainer(name, 'twice')
      return docker.inspectContainer(name)
    }
    const left = await Promise.all([removeAndLook(), removeAndLook(), removeAndLook()])
    expect(left).toEqual([undefined, undefined, undefined])
  }
})
