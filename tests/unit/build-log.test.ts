import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { type LogLine, readLog } from '../../server/db/logs.ts'
import { openBuildLog } from '../../server/deploy/build-log.ts'
import { createEventHub } from '../../server/events.ts'
import { makeDatabase, makeDeployment } from '../support/temp-database.ts'

async function makeLog(secrets: string[] = []) {
  const db = await makeDatabase()
  const id = await makeDeployment(db)
  const events = createEventHub()
  const told: LogLine[][] = []
  events.subscribe((event) => {
    if (event.type === 'log') told.push(event.lines)
  })
  const deps = { db, events, log: pino({ level: 'silent' }) }
  return {
    told,
    log: await openBuildLog(deps, id, 1, secrets),
    reopen: () => openBuildLog(deps, id, 1, secrets),
    stored: (after = 0, limit = 100_000) => readLog(db, id, 1, { after, limit }),
  }
}

describe('the build log', () => {
  test('keeps every line, numbered from 1, and tells followers of each once it is stored', async () => {
    const { log, stored, told } = await makeLog()
    log.write('one\ntwo\r\n')
    log.write('three', 'stderr')
    expect(told).toEqual([])
    await log.close()
    const lines = await stored()
    expect(lines.map(({ seq, stream, level, text }) => [seq, stream, level, text])).toEqual([
      [1, 'stdout', 'info', 'one'],
      [2, 'stdout', 'info', 'two'],
      [3, 'stderr', 'warn', 'three'],
    ])
    expect(told.flat()).toEqual(lines)
  })

  test('is shown while the build still runs, without waiting for more', async () => {
    const { log, told } = await makeLog()
    log.write('first')
    await expect.poll(() => told.flat().map((it) => it.text)).toEqual(['first'])
    await log.close()
  })

  test('goes on with its numbers when the release is tried again', async () => {
    const { log, reopen, stored } = await makeLog()
    log.write('first try')
    await log.close()
    const again = await reopen()
    again.write('second try')
    await again.close()
    expect((await stored()).map(({ seq, text }) => `${seq} ${text}`)).toEqual(['1 first try', '2 second try'])
  })

  test('is cut after 50,000 lines, with a last line that says so', async () => {
    const { log, stored, told } = await makeLog()
    for (let line = 1; line <= 60_000; line++) {
      log.write(`line ${line}`)
      if (line % 5000 === 0) await sleep(1)
    }
    await log.close()
    const lines = await stored()
    expect(lines).toHaveLength(50_000)
    expect(lines[49_998]?.text).toBe('line 49999')
    expect(lines[49_999]?.text).toMatch(/cut here/)
    expect(told.flat().map((it) => it.seq)).toEqual(lines.map((it) => it.seq))
  })

  test('is cut after 8 MiB, and a line after 4,000 characters', async () => {
    const { log, stored } = await makeLog()
    for (let line = 0; line < 4000; line++) log.write('x'.repeat(5000))
    await log.close()
    const lines = await stored()
    expect(lines[0]?.text).toHaveLength(4000)
    expect(lines.at(-1)?.text).toMatch(/cut here/)
    const bytes = lines.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
    expect(bytes).toBeGreaterThan(8 * 2 ** 20 - 8000)
    expect(bytes).toBeLessThanOrEqual(8 * 2 ** 20)
  })

  test('stores no secret, not even one that the cut would have torn', async () => {
    const { log, stored } = await makeLog(['open sesame'])
    log.write(`the word is open sesame\n${'x'.repeat(3995)}open sesame`)
    await log.close()
    const text = (await stored()).map((it) => it.text).join('\n')
    expect(text).toContain('the word is ••••••')
    expect(text).not.toContain('open')
  })
})
