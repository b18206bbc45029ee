import type { Rule } from './growth.ts'

/** By figure. What is named nowhere has to be the same at every rest. */
export type Rules = Record<string, Rule>

/** A thousand deploys may cost 2 MiB: a server that deploys twenty times a day is as large after a year as before. */
const MEMORY_KIB = 2
/** SQLite begins its log anew after 1,000 pages of 4 KiB, and leaves the file as long as it was. */
const LOG_BYTES = 5 * 2 ** 20
const ERROR_LOG_BYTES = 10 * 2 ** 20
/** So many ports an app of the tests may choose from. */
const PORTS = 50
/** Releases that stay for a rollback, beside the one that serves. */
const KEPT_RELEASES = 5

const memory: Rule = { kind: 'level', perCycle: MEMORY_KIB, why: 'swings with the collector' }
const open: Rule = { kind: 'level', perCycle: 0.005, why: 'one in 200 would be one too many' }
const same: Rule = { kind: 'same', why: 'at rest it is what it was' }

const always: Rules = {
  'Slipway: resident KiB': memory,
  'Slipway: anonymous KiB': memory,
  'Slipway: open files and sockets': open,
  'nginx: anonymous KiB, master and workers': memory,
  'nginx: open files of the master': open,
  'data folder: bytes of files': { kind: 'level', perCycle: 64, why: 'less than a line of a log for each' },
  'nginx: bytes of its error log': { kind: 'bounded', most: ERROR_LOG_BYTES, why: 'emptied beyond 10 MiB' },
  'database: bytes of its log': { kind: 'bounded', most: LOG_BYTES, why: 'begun anew after 1,000 pages' },
  'rows: port_registry': { kind: 'bounded', most: PORTS, why: 'a row for each port that was ever held' },
}

/** What each cycle leaves by design. */
export const rulesOfCycles: Rules = {
  ...always,
  'rows: audit_log': { kind: 'kept', perCycle: 2, why: 'who deployed and who deleted' },
  'rows: receipts': { kind: 'kept', perCycle: 1, why: 'one for each app that was deleted' },
  'database: bytes': { kind: 'kept', perCycle: 8192, why: 'those rows' },
}

/** What each push to an app that stays leaves by design. */
export const rulesOfPushes = (apps: number, pushedTo: number): Rules => ({
  ...always,
  'engine: images': {
    kind: 'bounded',
    most: apps + pushedTo * KEPT_RELEASES,
    why: 'an app keeps five earlier releases for a rollback',
  },
  'engine: build cache records': {
    kind: 'kept',
    perCycle: 12,
    why: 'go with the app, and beyond the budget of the cache',
  },
  'rows: build_usage': { kind: 'bounded', most: 3 * apps, why: 'of the last three builds of an app' },
  'rows: releases': { kind: 'kept', perCycle: 1, why: 'the history of an app, which goes with it' },
  'rows: release_steps': { kind: 'kept', perCycle: 25, why: 'the history of an app, which goes with it' },
  'rows: ledger': { kind: 'kept', perCycle: 15, why: 'what its receipt will tell, and goes with it' },
  'rows: build_logs': { kind: 'kept', perCycle: 60, why: 'go after 30 days, but for the newest ten of an app' },
  'rows: deliveries': { kind: 'kept', perCycle: 1, why: 'go after 30 days' },
  'database: bytes': { kind: 'kept', perCycle: 40_960, why: 'those rows' },
})

export const ruleOf = (figure: string, rules: Rules): Rule => rules[figure] ?? same
