import { describe, expect, test } from 'vitest'
import { coreShare, readUsage } from '../../server/adapters/docker-stats.ts'
import { cpuShare, readCpuTimes, readMemory } from '../../server/deploy/measure-machine.ts'
import { createHistory } from '../../server/deploy/sample-history.ts'

describe('the machine', () => {
  const stat = `cpu  100 10 40 800 50 5 5 20 7 3
cpu0 50 5 20 400 25 2 3 10 3 1
cpu1 50 5 20 400 25 3 2 10 4 2
intr 12345
`

  test('waiting for a disk is idle, what the hypervisor took is not, and guests are not counted twice', () => {
    expect(readCpuTimes(stat)).toEqual({ cores: 2, busy: 180, total: 1030 })
  })

  test('the CPU is a share of all cores between two readings', () => {
    const at = (busy: number, total: number) => ({ cores: 2, busy, total })
    expect(cpuShare(at(100, 1000), at(150, 1200))).toBe(0.25)
    expect(cpuShare(at(100, 1000), at(100, 1000))).toBe(0)
    // A machine that was frozen may count backwards (proc(5) on iowait).
    expect(cpuShare(at(100, 1000), at(90, 1010))).toBe(0)
    expect(cpuShare(at(100, 1000), at(130, 1020))).toBe(1)
  })

  test('memory that the page cache would give back is free', () => {
    expect(readMemory('MemTotal:        1000 kB\nMemFree:  10 kB\nMemAvailable:     400 kB\n')).toEqual({
      total: 1_024_000,
      used: 614_400,
    })
  })
})

describe('a container', () => {
  const stats = (memory_stats: object) => ({
    read: '2026-01-02T03:04:05.678901234Z',
    cpu_stats: { cpu_usage: { total_usage: 5_000_000 } },
    memory_stats,
  })

  test.each([
    ['v1', { total_inactive_file: 300, inactive_file: 100 }, 700],
    ['v2', { inactive_file: 400 }, 600],
    ['without details', undefined, 1000],
    ['with more cache than usage', { inactive_file: 4000 }, 0],
  ])('cgroup %s', (_name, details, memory) => {
    const usage = readUsage(stats({ usage: 1000, limit: 2000, ...(details && { stats: details }) }))
    expect(usage).toEqual({ at: Date.UTC(2026, 0, 2, 3, 4, 5, 678), cpuNs: 5_000_000, memory, memoryLimit: 2000 })
  })

  test('that has ended uses nothing that could be shown', () => {
    expect(readUsage(stats({}))).toBeUndefined()
  })

  test('the CPU is a share of one core between two looks', () => {
    const at = (ms: number, cpuMs: number) => ({ at: ms, cpuNs: cpuMs * 1e6, memory: 0, memoryLimit: 0 })
    expect(coreShare(at(0, 100), at(5000, 2600))).toBe(0.5)
    expect(coreShare(at(0, 0), at(1000, 1500))).toBe(1.5)
    expect(coreShare(undefined, at(1000, 1500))).toBeNull()
    expect(coreShare(at(0, 100), at(5000, 20)), 'restarted').toBeNull()
    expect(coreShare(at(0, 100), at(0, 100)), 'the same look').toBeNull()
    expect(coreShare(at(0, 100), at(3_600_000, 200)), 'an hour apart').toBeNull()
  })
})

describe('the history', () => {
  const sample = (second: number) => ({
    at: new Date(second * 1000).toISOString(),
    cpu: 1 / (second + 1),
    memoryUsed: 24e9 + second,
    diskUsed: 5e12 + second,
  })

  test('keeps the last samples, oldest first, to the byte', () => {
    const history = createHistory(3)
    expect(history.list()).toEqual([])
    const all = Array.from({ length: 8 }, (_, second) => sample(second))
    all.slice(0, 2).forEach(history.add)
    expect(history.list()).toEqual(all.slice(0, 2))
    all.slice(2).forEach(history.add)
    expect(history.list()).toEqual(all.slice(5))
  })
})
