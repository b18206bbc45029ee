import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const server = path.join(import.meta.dirname, '..', '..', 'server')

test('no wait of the server ends by the time of day, which somebody may set meanwhile', () => {
  const files = globSync('**/*.ts', { cwd: server })
  expect(files.length).toBeGreaterThan(200)
  const byTimeOfDay = /\bwhile \([^)]*Date\.now\(\)|\bif \(Date\.now\(\) >|\b(?:deadline|until|end) = Date\.now\(\)/
  expect(files.filter((file) => byTimeOfDay.test(readFileSync(path.join(server, file), 'utf8')))).toEqual([])
})
