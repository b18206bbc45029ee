import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { explainBuildFailure } from '../../../server/deploy/explain/explain-build-failure.ts'
import { keepLogEnd } from '../../../server/deploy/explain/log-end.ts'
import { AppError } from '../../../server/errors.ts'
import { createMask } from '../../../server/mask.ts'
import { makeFolder } from '../../support/temp-folder.ts'

const failed = new AppError('build_failed', 'The build failed: executor failed running [/bin/sh -c x]: exit code: 1.')

/** A folder with empty files. */
function folderWith(...files: string[]): string {
  const folder = makeFolder()
  for (const file of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), '')
  }
  return folder
}

test('a failed command gets the reason that its log tells, and keeps its code', async () => {
  const error = await explainBuildFailure(failed, ['npm error Missing script: "build"'], makeFolder())
  expect(error).toMatchObject({
    code: 'build_failed',
    message: 'package.json has no script “build”.',
    hint: expect.stringContaining('Add it to package.json'),
    cause: failed,
  })
})

test('memory and disk have codes of their own', async () => {
  const heap = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'
  expect(await explainBuildFailure(failed, [heap], makeFolder())).toMatchObject({ code: 'build_out_of_memory' })
  const full = 'ENOSPC: no space left on device, write'
  expect(await explainBuildFailure(failed, [full], makeFolder())).toMatchObject({ code: 'disk_full' })
})

test('errors that are no failed command, and logs that tell nothing, leave the error as it is', async () => {
  const log = ['sh: 1: vite: not found']
  const others = [
    new AppError('base_image_unavailable', 'The base image could not be fetched: exit code: 1.'),
    new AppError('build_failed', 'The build failed: dockerfile parse error on line 2: unknown instruction: RUNN.'),
    new DOMException('The build was aborted', 'AbortError'),
  ]
  for (const error of others) expect(await explainBuildFailure(error, log, makeFolder())).toBe(error)
  expect(await explainBuildFailure(failed, ['no luck'], makeFolder())).toBe(failed)
})

test.each([
  ['Could not resolve "./App.js" from "src/main.js"', 'src/app.js'],
  ["Module not found: Error: Can't resolve './components/Header' in '/app/src'", 'src/components/header.jsx'],
  ["Module not found: Can't resolve '@/components/ui/Button'", 'src/components/UI/Button.tsx'],
  ["src/a.ts(1,20): error TS2307: Cannot find module './Util' or its corresponding type declarations.", 'src/util.ts'],
  ['Could not resolve "../lib/Db.js" from "src/pages/a.ts"', 'src/lib/db.ts'],
  ["Cannot find module '/app/lib/Foo.js' imported from /app/main.js", 'lib/foo.js'],
  ["Module not found: Can't resolve './Widgets'", 'src/widgets/index.ts'],
])('%s: the file is there in other letters', async (line, file) => {
  const root = folderWith(file, 'src/main.js', 'node_modules/x/App.js')
  expect(await explainBuildFailure(failed, [line], root)).toMatchObject({
    message: expect.stringContaining(`but the file is called ${file}: capital and small letters count`),
  })
})

test('a file that is called just so, or is not there at all, is no matter of letters', async () => {
  const line = 'Could not resolve "./App.js" from "src/main.js"'
  for (const file of ['lib/App.js', 'src/other.js', 'src/myapp.js']) {
    expect(await explainBuildFailure(failed, [line], folderWith(file))).toMatchObject({
      message: 'The file ./App.js is imported, and is not there.',
    })
  }
})

test('the end of a log is kept without secrets, and is as short as it may be', async () => {
  const end = keepLogEnd(createMask(['hunter22']))
  for (let number = 0; number < 5_000; number++) end.add(`line ${number}\n`)
  end.add(`npm error 404 'hunter22-lib@1.0.0' is not in this registry\n${'x'.repeat(10_000)}`)
  const lines = end.lines()
  expect(lines).toHaveLength(400)
  expect(lines.at(0)).toBe('line 4602')
  expect(lines.at(-1)).toHaveLength(4_000)
  const error = await explainBuildFailure(failed, lines, makeFolder())
  expect(error).toMatchObject({ message: expect.stringContaining('no package ••••••-lib@1.0.0') })
})
