import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createBuildPace, readEngineCpu } from '../../server/adapters/build-pace.ts'
import { makeFolder } from '../support/temp-folder.ts'

/** Looks at an engine that uses so much of a core between two looks, 100 ms each; answers the pace after each. */
async function paceOf(shares: (number | undefined)[], cores = 2): Promise<number[]> {
  let [at, cpu]: [number, number | undefined] = [0, 0]
  const pace = createBuildPace(
    cores,
    async () => cpu,
    () => at,
  )
  await pace.look()
  const paces: number[] = []
  for (const share of shares) {
    at += 100
    cpu = share === undefined || cpu === undefined ? undefined : cpu + share / 10
    paces.push(Number((await pace.look()).toFixed(3)))
  }
  return paces
}

test('an engine that is busy for a moment slows no build down', async () => {
  expect(await paceOf([0.9, 0.9, 0.1, 0.9, 0.9, 0])).toEqual([1, 1, 1, 1, 1, 1])
})

test('an engine that stays busy slows builds down until it is not, and then they get faster again', async () => {
  const [, , ...paces] = await paceOf([1, 1, 1, 1, 1, 0.15, 0.15, 0, 0, 0])
  expect(paces).toEqual([0.2, 0.1, 0.1, 0.1, 0.1, 0.12, 0.144, 0.173])
})

test('it is back at full speed soon after', async () => {
  const paces = await paceOf([...Array(20).fill(1), ...Array(14).fill(0)])
  expect(paces.at(19)).toBe(0.1)
  expect(paces.at(-1)).toBe(1)
})

test('what keeps a core busy is little on a machine with many', async () => {
  expect(await paceOf(Array(6).fill(1), 8)).toEqual([1, 1, 1, 1, 1, 1])
})

test('of an engine that is not known nothing is made', async () => {
  expect(await paceOf([1, 1, undefined, undefined])).toEqual([1, 1, 1, 1])
})

test('what dockerd has computed is read, and of nobody else', async () => {
  const folder = makeFolder()
  const pidFile = path.join(folder, 'docker.pid')
  expect(await readEngineCpu(pidFile)).toBe(undefined)
  writeFileSync(pidFile, String(process.pid))
  expect(await readEngineCpu(pidFile)).toBe(undefined)
  const dockerd = path.join(folder, 'dockerd')
  copyFileSync('/bin/sh', dockerd)
  const child = spawn(dockerd, ['-c', 'while :; do :; done'])
  onTestFinished(async () => {
    child.kill()
    await once(child, 'exit')
  })
  writeFileSync(pidFile, `${child.pid}\n`)
  await expect.poll(() => readEngineCpu(pidFile), { timeout: 5000 }).toBeGreaterThan(0.05)
})
