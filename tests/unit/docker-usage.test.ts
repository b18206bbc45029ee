import { expect, test } from 'vitest'
import { readEngineUsage } from '../../server/adapters/docker-usage.ts'

const labels = (deployment: string, instance = 'slipway') => ({
  'slipway.instance': instance,
  'slipway.deployment': deployment,
})

/** As an engine answers, in bytes; -1 is what it has not measured. */
const answer = {
  LayersSize: 1000,
  Images: [
    { Labels: labels('a'), Size: 500, SharedSize: 300 },
    { Labels: labels('a'), Size: 400, SharedSize: -1 },
    { Labels: labels('b', 'another'), Size: 100, SharedSize: 0 },
    { Labels: null, Size: 100, SharedSize: 0 },
  ],
  Containers: [{ Labels: labels('a'), SizeRw: 7 }, { Labels: labels('b') }],
  Volumes: [
    { Labels: labels('b'), UsageData: { Size: 70 } },
    { Labels: labels('b'), UsageData: { Size: -1 } },
  ],
  BuildCache: [
    { Size: 30, Shared: false },
    { Size: 900, Shared: true },
  ],
}

test('what the engine keeps is told by app, once, and the rest as what others have', async () => {
  const { deployments, otherImages, buildCache } = await readEngineUsage(async () => answer, 'slipway')
  expect(Object.fromEntries(deployments)).toEqual({
    a: { images: 600, containers: 7, volumes: 0 },
    b: { images: 0, containers: 0, volumes: 70 },
  })
  expect({ otherImages, buildCache }).toEqual({ otherImages: 400, buildCache: 30 })
})

test('an engine that measures for somebody else is asked again', async () => {
  let asked = 0
  const call = async () => {
    asked += 1
    if (asked === 1) throw Object.assign(new Error('a disk usage operation is already running'), { statusCode: 500 })
    return { LayersSize: 5, Images: null, Containers: null, Volumes: null, BuildCache: null }
  }
  expect(await readEngineUsage(call, 'slipway')).toMatchObject({ otherImages: 5, buildCache: 0 })
  expect(asked).toBe(2)
})
