import { setTimeout as sleep } from 'node:timers/promises'
import { PASSPHRASE } from './backup-file.ts'
import type { World } from './world.ts'

export const backupSettings = (more: object): object => ({
  isEnabled: false,
  cron: '30 3 * * *',
  timeZone: 'UTC',
  hold: 'pause',
  keep: { last: 3, daily: 0, weekly: 0 },
  passphrase: PASSPHRASE,
  ...more,
})

export async function setUp(world: World, more: object): Promise<void> {
  const { status, body } = await world.slipway.api('PUT', '/api/backup-settings', backupSettings(more))
  if (status !== 200) throw new Error(`PUT /api/backup-settings: ${status} ${JSON.stringify(body)}`)
}

/** Makes a backup and waits until it is over. */
export async function backUp(world: World): Promise<any> {
  const { status, body } = await world.slipway.api('POST', '/api/backups')
  if (status !== 202) throw new Error(`POST /api/backups: ${status} ${JSON.stringify(body)}`)
  return ended(world, body.backup.id)
}

export async function ended(world: World, id: string): Promise<any> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    const found = (await look(world)).backups.find((it: any) => it.id === id)
    if (found?.state !== 'running') return found
    await sleep(50)
  }
  throw new Error(`the backup does not end:\n${world.slipway.output().slice(-3000)}`)
}

export const look = async (world: World): Promise<any> => (await world.slipway.api('GET', '/api/backups')).body
