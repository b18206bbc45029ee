import type Docker from 'dockerode'
import { AppError } from '../errors.ts'
import { must, unless } from './docker-client.ts'

type MineOrThrow = (labels: Record<string, string> | null | undefined, what: string) => void

/** The networks and volumes of apps. */
export function createNetworksAndVolumes(docker: Docker, mineOrThrow: MineOrThrow) {
  return {
    /** False when another network has the subnet. */
    async ensureNetwork(name: string, subnet: string, labels: Record<string, string>): Promise<boolean> {
      const create = docker.createNetwork({
        Name: name,
        CheckDuplicate: true,
        Driver: 'bridge',
        // Also where the engine's owner gives every network IPv6: the rules of scripts/metadata-wall know apps by their IPv4
        EnableIPv6: false,
        Labels: labels,
        IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
      })
      try {
        if (await unless([409], 'making a network', create)) return true
      } catch (error) {
        if (error instanceof AppError && /pool overlaps/i.test(error.message)) return false
        throw error
      }
      const found = await unless([404], 'looking at a network', docker.getNetwork(name).inspect())
      mineOrThrow(found?.Labels, `The network ${name}`)
      return true
    },

    hasNetwork: async (name: string) =>
      (await unless([404], 'looking at a network', docker.getNetwork(name).inspect())) !== undefined,

    async removeNetwork(name: string): Promise<void> {
      const found = await unless([404], 'looking at a network', docker.getNetwork(name).inspect())
      if (!found) return
      mineOrThrow(found.Labels, `The network ${name}`)
      await unless([404], 'removing a network', docker.getNetwork(name).remove())
    },

    async ensureVolume(name: string, labels: Record<string, string>): Promise<void> {
      await must('making a volume', docker.createVolume({ Name: name, Labels: labels }))
      const { Labels: found } = await must('looking at a volume', docker.getVolume(name).inspect())
      mineOrThrow(found, `The volume ${name}`)
    },

    hasVolume: async (name: string) =>
      (await unless([404], 'looking at a volume', docker.getVolume(name).inspect())) !== undefined,

    async removeVolume(name: string): Promise<void> {
      const found = await unless([404], 'looking at a volume', docker.getVolume(name).inspect())
      if (!found) return
      mineOrThrow(found.Labels, `The volume ${name}`)
      await unless([404], 'removing a volume', docker.getVolume(name).remove())
    },
  }
}
