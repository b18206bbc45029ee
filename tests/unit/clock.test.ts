import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const server = path.join(import.meta.dirname, '..', '..', 'server')

test('no wait of the server ends by the time of day, which somebody may set meanwhile', () => {
  const files = globSync('**/*.ts', { cwd: server })
  expect(files.length).toBeGreaterThan(200)
  // Schedules wait for a time of day; news wait in the database, over restarts, where no other clock goes on
  const others = files.filter((file) => !['deploy/schedules/alarm.ts', 'deploy/post-news.ts'].includes(file))
  const byTimeOfDay = /\bwhile \([^)]*Date\.now\(\)|\bif \((?:Date\.now\(\) [<>]|.*[<>]=? Date\.now\(\)\))/
  expect(others.filter((file) => byTimeOfDay.test(readFileSync(path.join(server, file), 'utf8')))).toEqual([])
})
