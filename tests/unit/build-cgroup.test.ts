import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { gatherStrays, hasLimits, readBuildUsage, writeLimits } from '../../server/adapters/build-cgroup.ts'
import { readBuildCores } from '../../server/adapters/build-cores.ts'
import { createBuildGuard } from '../../server/adapters/build-guard.ts'
import { makeFolder } from '../support/temp-folder.ts'

/** A folder that looks like the cgroups of a kernel: the real ones are tried by the integration tests. */
function makeCgroups(kind: 'v1' | 'v2', files: Record<string, string> = {}): string {
  const folder = makeFolder()
  const all = { ...(kind === 'v2' ? { 'cgroup.controllers': '', 'cgroup.subtree_control': '' } : {}), ...files }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  return folder
}

const limits = { memoryMb: 512, cores: 2 }
const read = (folder: string, file: string) => readFileSync(path.join(folder, file), 'utf8')

describe('the limits of builds', () => {
  test('are written where cgroup v1 has them', async () => {
    const folder = makeCgroups('v1', {
      'memory/docker/buildkit/memory.memsw.limit_in_bytes': '9223372036854771712\n',
      'blkio/docker/buildkit/blkio.bfq.weight': '100\n',
    })
    expect(await hasLimits(limits, folder)).toBe(false)
    await writeLimits(limits, folder)
    expect(await hasLimits(limits, folder)).toBe(true)
    expect(read(folder, 'memory/docker/buildkit/memory.limit_in_bytes')).toBe('536870912')
    expect(read(folder, 'memory/docker/buildkit/memory.memsw.limit_in_bytes')).toBe('536870912')
    expect(read(folder, 'pids/docker/buildkit/pids.max')).toBe('1024')
    expect(read(folder, 'cpu/docker/buildkit/cpu.shares')).toBe('20')
    expect(read(folder, 'cpu/docker/buildkit/cpu.cfs_period_us')).toBe('10000')
    expect(read(folder, 'cpu/docker/buildkit/cpu.cfs_quota_us')).toBe('10000')
    expect(read(folder, 'blkio/docker/buildkit/blkio.bfq.weight')).toBe('10')
  })

  test('are written where cgroup v2 has them, with the controllers that hand them down', async () => {
    const folder = makeCgroups('v2', { 'docker/buildkit/memory.swap.max': 'max\n' })
    await writeLimits(limits, folder)
    expect(await hasLimits(limits, folder)).toBe(true)
    expect(read(folder, 'docker/buildkit/memory.max')).toBe('536870912')
    expect(read(folder, 'docker/buildkit/memory.swap.max')).toBe('0')
    expect(read(folder, 'docker/buildkit/pids.max')).toBe('1024')
    expect(read(folder, 'docker/buildkit/cpu.weight')).toBe('2')
    expect(read(folder, 'docker/buildkit/cpu.max')).toBe('10000 10000')
    expect(existsSync(path.join(folder, 'docker/cgroup.subtree_control'))).toBe(true)
    expect(existsSync(path.join(folder, 'docker/buildkit/io.bfq.weight'))).toBe(false)
  })

  test('count what cannot be given back, and how often somebody was ended for it', async () => {
    const two = makeCgroups('v2', {
      'docker/buildkit/memory.stat': 'anon 3000\nfile 900000\nshmem 400\n',
      'docker/buildkit/memory.events': 'oom 7\noom_kill 2\noom_group_kill 0\n',
    })
    expect(await readBuildUsage(two)).toEqual({ memory: 3400, kills: 2, isOfAll: false, strays: 0 })
    const one = makeCgroups('v1', {
      'memory/docker/buildkit/memory.stat': 'rss 1\ntotal_rss 5000\ntotal_shmem 60\n',
      vmstat: 'nr_free_pages 1\noom_kill 4\n',
    })
    expect(await readBuildUsage(one, path.join(one, 'vmstat'))).toEqual({
      memory: 5060,
      kills: 4,
      isOfAll: true,
      strays: 0,
    })
    expect(await readBuildUsage(makeCgroups('v2'))).toEqual({ memory: 0, kills: 0, isOfAll: false, strays: 0 })
  })
})

describe('the cores of builds', () => {
  test.each([
    ['0-1', '1'],
    ['0-7', '1-7'],
    ['2-3,6,8-9', '3,6,8-9'],
    ['0', undefined],
  ])('of %s are %s', async (all, expected) => {
    expect(await readBuildCores(makeCgroups('v2', { 'cpuset.cpus.effective': `${all}\n` }))).toBe(expected)
    expect(await readBuildCores(makeCgroups('v1', { 'cpuset/cpuset.cpus': `${all}\n` }))).toBe(expected)
  })

  test('are everybody’s where the kernel has no cpusets', async () => {
    expect(await readBuildCores(makeCgroups('v2'))).toBe(undefined)
  })

  test('are written in cgroup v1 once the folders above have any', async () => {
    const folder = makeCgroups('v1', {
      'cpuset/cpuset.cpus': '0-1\n',
      'cpuset/cpuset.mems': '0\n',
      'cpuset/docker/cpuset.cpus': '\n',
      'cpuset/docker/cpuset.mems': '\n',
      'cpuset/docker/buildkit/cpuset.cpus': '\n',
      'cpuset/docker/buildkit/cpuset.mems': '\n',
    })
    await writeLimits(limits, folder)
    expect(read(folder, 'cpuset/docker/cpuset.cpus')).toBe('0-1')
    expect(read(folder, 'cpuset/docker/cpuset.mems')).toBe('0')
    expect(read(folder, 'cpuset/docker/buildkit/cpuset.cpus')).toBe('1')
    expect(read(folder, 'cpuset/docker/buildkit/cpuset.mems')).toBe('0')
    expect(await hasLimits(limits, folder)).toBe(true)
  })

  test('are written in cgroup v2', async () => {
    const folder = makeCgroups('v2', {
      'cpuset.cpus.effective': '0-3\n',
      'docker/buildkit/cpuset.cpus': '\n',
    })
    await writeLimits(limits, folder)
    expect(read(folder, 'docker/buildkit/cpuset.cpus')).toBe('1-3')
  })
})

describe('the CPU time of builds', () => {
  test('may be less than all of it, and never without an end', async () => {
    const folder = makeCgroups('v2')
    await writeLimits({ ...limits, pace: 0.1 }, folder)
    expect(read(folder, 'docker/buildkit/cpu.max')).toBe('1000 10000')
    expect(await hasLimits(limits, folder)).toBe(true)
    for (const other of ['max 10000', '20000 10000', '']) {
      writeFileSync(path.join(folder, 'docker/buildkit/cpu.max'), other)
      expect(await hasLimits(limits, folder)).toBe(false)
    }
  })
})

describe('containers of builds that the engine started elsewhere', () => {
  const stray = 'system.slice/system.slice:docker:abc123'

  test('are taken below the limits, and nobody else is', async () => {
    const folder = makeCgroups('v2', {
      [`${stray}/cgroup.procs`]: '41\n',
      'system.slice/docker-feed.scope/cgroup.procs': '7\n',
      'system.slice/ssh.service/cgroup.procs': '8\n',
      'docker/buildkit/memory.max': 'max\n',
    })
    // A kernel would take the process out of the first file; the last one that was written is enough to see it.
    expect((await readBuildUsage(folder)).strays).toBe(1)
    await gatherStrays(folder)
    expect(read(folder, 'docker/buildkit/gathered/abc123/cgroup.procs')).toBe('41')
    expect(existsSync(path.join(folder, 'docker/buildkit/gathered/feed'))).toBe(false)
  })

  test('are not looked for where there is no such place', async () => {
    const folder = makeCgroups('v1')
    await gatherStrays(folder)
    expect(existsSync(path.join(folder, 'docker'))).toBe(false)
  })
})

describe('the guard', () => {
  const guardOf = (more: Partial<Parameters<typeof createBuildGuard>[0]>) =>
    createBuildGuard({
      mode: 'own',
      requestFile: path.join(makeFolder(), 'build-guard'),
      askEngine: async () => ({ driver: 'cgroupfs', version: '2' }),
      log: () => undefined,
      cores: 2,
      ...more,
    })

  test('sets the limits for a build and says that it can', async () => {
    const cgroups = makeCgroups('v2')
    const guard = guardOf({ cgroups })
    expect(await guard.check()).toMatchObject({ ok: true })
    const release = await guard.hold(512)
    expect(await hasLimits(limits, cgroups)).toBe(true)
    await release()
  })

  test.each([
    ['where it may not write', { cgroups: import.meta.filename }, /cannot be written/],
    ['for an engine of another machine', { askEngine: undefined }, /another machine/],
    ['with the systemd driver on cgroup v1', { askEngine: async () => ({ driver: 'systemd', version: '1' }) }, /v1/],
  ])('refuses %s, with a reason and a way out', async (_, options, why) => {
    const guard = guardOf({ cgroups: makeCgroups('v2'), ...options })
    expect(await guard.check()).toMatchObject({ ok: false, detail: expect.stringMatching(why) })
    await expect(guard.hold(512)).rejects.toMatchObject({
      code: 'build_unguarded',
      message: expect.stringMatching(why),
      hint: expect.stringContaining('SLIPWAY_BUILD_GUARD=off'),
    })
  })

  test('slows builds down while they print without end, and leaves no trace of that', async () => {
    const cgroups = makeCgroups('v2')
    const guard = guardOf({ cgroups, relays: async () => new Map([[1, performance.now() / 1000]]) })
    const release = await guard.hold(512)
    const quota = () => Number.parseInt(read(cgroups, 'docker/buildkit/cpu.max'), 10)
    expect(quota()).toBe(10_000)
    await expect.poll(quota, { timeout: 5000 }).toBe(1000)
    await release()
    expect(quota()).toBe(10_000)
  })

  test('asks its helper, waits until the limits are there, and takes the request back', async () => {
    const requestFile = path.join(makeFolder(), 'build-guard')
    const cgroups = makeCgroups('v2')
    const guard = guardOf({ mode: 'helper', requestFile, cgroups })
    const holding = guard.hold(300)
    await expect.poll(() => existsSync(requestFile) && readFileSync(requestFile, 'utf8')).toBe('300\n')
    await writeLimits({ memoryMb: 300, cores: 2 }, cgroups)
    const release = await holding
    expect(existsSync(requestFile)).toBe(true)
    await release()
    expect(existsSync(requestFile)).toBe(false)
  })

  test('asks its helper again when the request was taken away while it builds', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const requestFile = path.join(makeFolder(), 'build-guard')
    const cgroups = makeCgroups('v2')
    await writeLimits({ memoryMb: 300, cores: 2 }, cgroups)
    const release = await guardOf({ mode: 'helper', requestFile, cgroups }).hold(300)
    rmSync(requestFile)
    vi.advanceTimersByTime(10_000)
    await expect.poll(() => existsSync(requestFile) && readFileSync(requestFile, 'utf8')).toBe('300\n')
    await release()
    expect(existsSync(requestFile)).toBe(false)
  })

  test('asks its helper for one build after the other, and keeps asking for one that begins as another ends', async () => {
    const requestFile = path.join(makeFolder(), 'build-guard')
    const cgroups = makeCgroups('v2')
    const guard = guardOf({ mode: 'helper', requestFile, cgroups })
    const helper = setInterval(() => {
      if (existsSync(requestFile))
        void writeLimits({ memoryMb: Number(readFileSync(requestFile, 'utf8')) || 64, cores: 2 }, cgroups)
    }, 100)
    try {
      const [first, second] = await Promise.all([guard.hold(300), guard.hold(200)])
      await first()
      const [third] = await Promise.all([guard.hold(100), second()])
      expect(readFileSync(requestFile, 'utf8')).toBe('100\n')
      await third()
      expect(existsSync(requestFile)).toBe(false)
    } finally {
      clearInterval(helper)
    }
  })

  test('does nothing where it is switched off, and says so', async () => {
    const guard = guardOf({ mode: 'off', cgroups: import.meta.filename })
    expect(await guard.check()).toMatchObject({ ok: true, detail: expect.stringContaining('SLIPWAY_BUILD_GUARD') })
    await (await guard.hold(512))()
  })
})
