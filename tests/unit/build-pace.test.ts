import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createBuildPace, readRelays } from '../../server/adapters/build-pace.ts'
import { makeFolder } from '../support/temp-folder.ts'

/** To hand on what a build prints takes so much of a core between two looks, 100 ms each; answers the pace after each. */
async function paceOf(shares: number[], cores = 2): Promise<number[]> {
  let [at, cpu] = [0, 7]
  const pace = createBuildPace(
    cores,
    async () => new Map([[4711, cpu]]),
    () => at,
  )
  await pace.look()
  const paces: number[] = []
  for (const share of shares) {
    at += 100
    cpu += share / 10
    paces.push(Number((await pace.look()).toFixed(3)))
  }
  return paces
}

test('a build that prints much for a moment is not slowed down', async () => {
  expect(await paceOf([0.9, 0.9, 0.1, 0.9, 0.9, 0])).toEqual([1, 1, 1, 1, 1, 1])
})

test('one that goes on is, until handing it on is little work, and then gets faster again', async () => {
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

test('a step that begins counts from then on', async () => {
  let relays = new Map<number, number>()
  let at = 0
  const pace = createBuildPace(
    2,
    async () => relays,
    () => at,
  )
  for (let pid = 1; pid < 10; pid++) {
    relays = new Map([[pid, 50]])
    at += 100
    expect(await pace.look()).toBe(1)
  }
})

test('who hands on what a step prints is the parent of its first process, if that is runc', async () => {
  const [place, proc] = [makeFolder(), makeFolder()]
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const process = (pid: number, name: string, parent: number) =>
    write(path.join(proc, `${pid}`, 'stat'), `${pid} (${name}) S ${parent} 1 1 0 -1 4194560 9 9 9 9 120 30 0 0 20 0\n`)
  process(10, 'sh -c (a) b', 20)
  process(20, 'runc', 1)
  process(11, 'node', 21)
  process(21, 'containerd-shim', 1)
  write(path.join(place, 'one', 'cgroup.procs'), '10\n12\n')
  write(path.join(place, 'two', 'cgroup.procs'), '11\n')
  write(path.join(place, 'gone', 'cgroup.procs'), '99\n')
  write(path.join(place, 'empty', 'cgroup.procs'), '')
  expect(await readRelays(place, proc)).toEqual(new Map([[20, 1.5]]))
  expect(await readRelays(path.join(place, 'nowhere'), proc)).toEqual(new Map())
})
