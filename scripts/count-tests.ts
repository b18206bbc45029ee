/**
 * Sums up vitest's JSON report: `node count-tests.ts REPORT EXIT_CODE` prints passed, failed, skipped.
 * A file that could not be loaded, or an error outside of any test, has no test that failed: each counts as one.
 */
import { readFileSync } from 'node:fs'

type Report = {
  testResults: { name: string; status: string; message?: string; assertionResults: { status: string }[] }[]
}

const [file = '', exitCode = ''] = process.argv.slice(2)
const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report
const states = testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status))

const passed = states.filter((status) => status === 'passed').length
const inTests = states.filter((status) => status === 'failed').length
const unloadable = testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((result) => result.status !== 'failed'),
).length
const failed = inTests + unloadable
const skipped = states.length - passed - inTests

console.log(passed, exitCode !== '0' && failed === 0 ? 1 : failed, skipped)
