import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createBatches, createLock } from '../../server/adapters/nginx-batches.ts'
import { readTestOutput } from '../../server/adapters/nginx-program.ts'
import { bisect } from '../../server/adapters/nginx-quarantine.ts'

describe('bisecting', () => {
  test('finds the first bad file among any, in about log2(n) tests', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 200 }), async (areBad) => {
        const files = areBad.map((_, index) => `${index}.conf`)
        const isBad = (file: string) => areBad[Number.parseInt(file, 10)] === true
        let tests = 0
        const found = await bisect(files, async (some) => {
          tests++
          return !some.some(isBad)
        })
        expect(found).toBe(files.find(isBad))
        expect(tests).toBeLessThanOrEqual(Math.ceil(Math.log2(files.length)) + 2)
      }),
    )
  })

  test('blames no file when nothing passes, or all do', async () => {
    expect(await bisect(['a', 'b'], async () => false)).toBeUndefined()
    expect(await bisect(['a', 'b'], async () => true)).toBeUndefined()
    expect(await bisect([], async () => false)).toBeUndefined()
  })
})

/** Words of nginx 1.22 and 1.26, as they come. */
describe('what nginx -t says', () => {
  test('a fault in a file', () => {
    const output =
      'nginx: [emerg] unknown directive "foo" in /var/lib/my data/vhosts/a.conf:12\nnginx: configuration file /x test failed\n'
    expect(readTestOutput(false, output)).toEqual({
      ok: false,
      message: 'unknown directive "foo" in /var/lib/my data/vhosts/a.conf:12',
      file: '/var/lib/my data/vhosts/a.conf',
      conflicts: [],
    })
  })

  test('a fault in no file', () => {
    const output =
      'nginx: [emerg] could not build server_names_hash, you should increase server_names_hash_bucket_size: 64\n'
    const result = readTestOutput(false, output)
    expect(result).not.toHaveProperty('file')
    expect(result.message).toContain('server_names_hash')
  })

  test('a name that two servers claim, on IPv4 and IPv6', () => {
    const output = [
      '2026/11/21 08:00:00 [warn] 12#12: conflicting server name "a.test" on 0.0.0.0:80, ignored',
      '2026/11/21 08:00:00 [warn] 12#12: conflicting server name "a.test" on [::]:80, ignored',
      'nginx: the configuration file /x syntax is ok',
    ]
    expect(readTestOutput(true, output.join('\n'))).toEqual({ ok: true, message: '', conflicts: ['a.test'] })
  })
})

describe('batches', () => {
  const setup = (faulty: string[] = []) => {
    const applied: string[][] = []
    const submit = createBatches<{ file: string }>(createLock(), async (changes) => {
      applied.push(changes.map(({ file }) => file))
      await new Promise((resolve) => setTimeout(resolve, 1))
      const bad = changes.find(({ file }) => faulty.includes(file))
      if (bad) throw new Error(bad.file)
    })
    return { applied, submit: (file: string) => submit({ file }) }
  }

  test('what arrives meanwhile goes together', async () => {
    const { applied, submit } = setup()
    const first = submit('a')
    await Promise.resolve()
    await Promise.all([first, ...['b', 'c', 'd'].map(submit)])
    expect(applied).toEqual([['a'], ['b', 'c', 'd']])
  })

  test('two changes of one file never share a batch', async () => {
    const { applied, submit } = setup()
    await Promise.all(['a', 'b', 'a', 'c', 'a'].map(submit))
    expect(applied).toEqual([['a', 'b'], ['a', 'c'], ['a']])
  })

  test('a fault is the faulty one’s alone', async () => {
    const { applied, submit } = setup(['b'])
    const results = await Promise.allSettled(['a', 'b', 'c'].map(submit))
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(applied).toEqual([['a', 'b', 'c'], ['a'], ['b'], ['c']])
    await expect(submit('d')).resolves.toBeUndefined()
  })
})
