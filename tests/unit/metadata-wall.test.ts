import { utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { createMetadataWall, type WallMode } from '../../server/adapters/metadata-wall.ts'
import { insertDeployment, updateDeployment } from '../../server/db/deployments.ts'
import { recordEffects } from '../../server/db/ledger.ts'
import { openDatabase } from '../../server/db/open.ts'
import { keepMetadataWall } from '../../server/deploy/metadata-wall.ts'
import { makeFolder } from '../support/temp-folder.ts'

const log = pino({ level: 'silent' })

/** Where a firewall would be: what was asked of it, and whether it does it. */
async function makeMachine(mode: WallMode = 'own') {
  const db = await openDatabase(makeFolder())
  onTestFinished(() => db.destroy())
  const asked: string[] = []
  const machine = { works: true, mode, rules: false }
  const turn = (what: string, rules: boolean) => async () => {
    asked.push(what)
    if (!machine.works) throw new Error('iptables cannot be used')
    machine.rules = rules
  }
  const parts = () => ({
    db,
    log,
    metadataWall: {
      mode: machine.mode,
      raise: turn('raise', true),
      lower: turn('lower', false),
      check: async () => ({ ok: machine.rules, detail: '' }),
    },
  })
  const add = async (subdomain: string) =>
    (
      await insertDeployment(db, {
        name: subdomain,
        githubUrl: 'https://github.com/acme/app',
        branch: null,
        rootDir: '',
        subdomain,
        template: null,
        overrides: {},
        volumes: [],
        env: '',
      })
    ).id
  const owner = (deploymentId: string) => ({ deploymentId, release: 1, step: 'start-container' })
  return {
    machine,
    asked,
    add,
    keep: () => keepMetadataWall(parts()),
    /** It is being deleted, and its container is as the ledger says. */
    async remove(id: string, container: 'present' | 'removed') {
      await updateDeployment(db, id, { status: 'deleting' })
      await recordEffects(db, owner(id), [{ kind: 'container', name: id }], container)
    },
  }
}

test('there are rules while there is an app, and none before the first', async () => {
  const { machine, asked, add, keep, remove } = await makeMachine()
  await keep()
  expect(asked).toEqual([])
  const one = await add('one')
  await add('two')
  await keep()
  expect(machine.rules).toBe(true)
  await remove(one, 'removed')
  await keep()
  expect(machine.rules).toBe(true)
})

test('with the last app going they go, and are looked for no more', async () => {
  const { machine, asked, add, keep, remove } = await makeMachine()
  const id = await add('one')
  await keep()
  await remove(id, 'present')
  await keep()
  expect(machine.rules).toBe(true)
  await remove(id, 'removed')
  await keep()
  expect(machine.rules).toBe(false)
  await keep()
  expect(asked).toEqual(['raise', 'raise', 'lower'])
})

test('of apps that are gone nothing is remembered: what is left of one is on the ledger, also after a restart', async () => {
  const { machine, add, keep, remove } = await makeMachine()
  const id = await add('one')
  await keep()
  await remove(id, 'removed')
  // Nobody says which one goes: a round of the reconciler, or the next start, finds it so.
  await keep()
  expect(machine.rules).toBe(false)
})

test('rules that cannot be taken away hold up the delete of the last app; rules that were never made do not', async () => {
  const { machine, add, keep, remove } = await makeMachine()
  const id = await add('one')
  await keep()
  await remove(id, 'removed')
  machine.works = false
  await expect(keep()).rejects.toThrow('iptables cannot be used')
  machine.works = true
  await keep()
  expect(machine.rules).toBe(false)

  const next = await add('two')
  machine.works = false
  await keep()
  await remove(next, 'removed')
  await keep()
})

test('an app is deployed also where they cannot be made, and they are tried again', async () => {
  const { machine, add, keep } = await makeMachine()
  await add('one')
  machine.works = false
  await keep()
  machine.works = true
  await keep()
  expect(machine.rules).toBe(true)
})

test('switched off they go at the next round; kept by the unit they are none of our business', async () => {
  const { machine, asked, add, keep } = await makeMachine()
  await add('one')
  await keep()
  machine.mode = 'off'
  await keep()
  expect(machine.rules).toBe(false)
  machine.mode = 'helper'
  await keep()
  expect(asked).toEqual(['raise', 'lower'])
})

test('the unit is believed while it speaks', async () => {
  const stateFile = path.join(makeFolder(), 'state')
  const { check } = createMetadataWall({ mode: 'helper', instance: 'slipway', stateFile })
  expect(await check()).toEqual({ ok: false, detail: 'slipway-metadata.service does not run' })
  writeFileSync(stateFile, 'ok\n')
  expect(await check()).toMatchObject({ ok: true })
  writeFileSync(stateFile, 'iptables is not installed\n')
  expect(await check()).toEqual({ ok: false, detail: 'iptables is not installed' })
  writeFileSync(stateFile, 'ok\n')
  const before = Date.now() / 1000 - 600
  utimesSync(stateFile, before, before)
  expect(await check()).toEqual({ ok: false, detail: 'slipway-metadata.service says nothing any more' })
})
