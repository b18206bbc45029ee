import type { Counts } from '../../db/snapshot.ts'

/**
 * What a backup says of itself, as the first file of its archive. Then come slipway.db, secret.key, the tars of the
 * volumes in parts (volumes/<place in the list>/<part>), and as the last file the sums of what came before.
 */
export type Manifest = {
  format: 1
  id: string
  /** Of the Slipway that made it. */
  version: string
  instance: string
  createdAt: string
  /** The newest migration of its database. */
  schema: string
  /** Rows by table. */
  rows: Counts
  /** How the machine was set up: the settings themselves are not in a backup. */
  settings: { domain: string; publicUrl: string; githubUrl: string; nginx: string; cloudflare: boolean }
  volumes: { name: string; deploymentId: string; app: string }[]
}

export type FileSum = { bytes: number; sha256: string }
/** `missing`: it was gone when it was its turn, because its app was deleted meanwhile. */
export type VolumeSum = { name: string } & ({ missing: true } | (FileSum & { missing?: false; files: TreeSum }))
/** What a tar has in it, whatever the order: see tar-sum.ts. */
export type TreeSum = { entries: number; bytes: number; sum: string }
export type Sums = { database: FileSum; volumes: VolumeSum[] }

export const FILES = { manifest: 'manifest.json', database: 'slipway.db', key: 'secret.key', end: 'end.json' } as const
const digits = (number: number) => String(number).padStart(6, '0')
export const partName = (volume: number, part: number) => `volumes/${digits(volume)}/${digits(part)}`
export const readPartName = (name: string): { volume: number; part: number } | undefined => {
  const [, volume, part] = /^volumes\/(\d{6,})\/(\d{6,})$/.exec(name) ?? []
  return volume === undefined ? undefined : { volume: Number(volume), part: Number(part) }
}
