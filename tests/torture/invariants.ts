import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type AppModel, type Model, textOf } from './model.ts'
import type { Real } from './real.ts'

/** How long what was healed may take until it shows: the reconciler looks every second. */
const PATIENCE_MS = 25_000

/** All that has to be true whenever nothing is on its way. @throws with what is not */
export async function expectAllWell(model: Model, real: Real): Promise<void> {
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    const problems = await problemsOf(model, real)
    if (problems.length === 0) return
    if (Date.now() > until) throw new Error(problems.join('\n'))
    await sleep(150)
  }
}

async function problemsOf(model: Model, real: Real): Promise<string[]> {
  const parts = await Promise.all([
    answers(model, real),
    uniqueness(real),
    ledgerAndWorld(model, real),
    foreignThings(real),
    doctor(real),
  ])
  return parts.flat()
}

/** Each app answers what it should, or says that it is stopped; who is gone is unknown. */
async function answers(model: Model, real: Real): Promise<string[]> {
  const checks = ['red', 'blue'].map(async (app) => {
    const own = model.apps.get(app)
    const { status, text } = await real.machine.world
      .ask(`${app}.example.com`)
      .catch((error) => ({ status: 0, text: String(error) }))
    const shown = own && (await real.show(own.id))
    const [wanted, says] = expected(own)
    const told = shown?.status ?? 'gone'
    const problems = []
    if (!wanted.includes(told))
      problems.push(`${app} is told to be ${told}, not ${wanted}: ${JSON.stringify(shown?.error)}`)
    if (says === undefined ? status === 200 : text !== says)
      problems.push(`${app} answers ${status} ${text.slice(0, 60)}, not ${says ?? 'a page'}`)
    if (told === 'failed' && !shown.error?.message) problems.push(`${app} failed without a reason`)
    return problems
  })
  return (await Promise.all(checks)).flat()
}

function expected(own: AppModel | undefined): [string[], string | undefined] {
  if (!own) return [['gone'], undefined]
  if (!own.live) return [['failed'], undefined]
  return own.stopped ? [['stopped'], undefined] : [['running'], textOf(own.live.version)]
}

async function uniqueness(real: Real): Promise<string[]> {
  const { docker, cloudflare, slipway } = real.machine.world
  const containers = await docker.listContainers({
    all: true,
    filters: { label: [`slipway.instance=${slipway.instance}`] },
  })
  const ports = containers.flatMap((it) => it.Ports.flatMap((port) => port.PublicPort ?? []))
  const rules = Object.values(cloudflare?.state.configurations ?? {}).flatMap((it) => it.config?.ingress ?? [])
  return [
    ...twice('port', ports),
    ...twice(
      'container',
      containers.flatMap((it) => it.Names),
    ),
    ...twice(
      'host name',
      rules.flatMap((it) => it.hostname ?? []),
    ),
    ...twice(
      'record',
      (cloudflare?.state.records ?? []).map((it) => it.name),
    ),
  ]
}

const twice = (what: string, all: (string | number)[]) =>
  all.filter((it, index) => all.indexOf(it) !== index).map((it) => `the ${what} ${it} is there twice`)

const KINDS: Record<string, string> = {
  container: 'containers',
  image: 'images',
  network: 'networks',
  port: 'ports',
  vhost: 'vhosts',
  'holding-page': 'holding',
  checkout: 'checkouts',
}

/** What the ledger says that there is, and what there is, are the same. */
async function ledgerAndWorld(model: Model, real: Real): Promise<string[]> {
  const entries = (await Promise.all([...model.apps.values()].map((it) => real.ledgerOf(it.id)))).flat()
  const unsure = entries.filter((it) => it.state !== 'present' && it.state !== 'removed')
  const found = await real.machine.world.inventory()
  const problems = unsure.map((it) => `the ledger says ${it.state} of ${it.step} ${it.name}`)
  for (const [kind, place] of Object.entries(KINDS)) {
    const said = entries.filter((it) => it.kind === kind && it.state === 'present').map((it) => it.name)
    const there = (found[place] ?? []).map((it) => it.replace(/^\//, '')).filter((it) => it !== 'foreign.conf')
    const [wanted, is] = [[...new Set(said)].sort(), there.sort()]
    if (!isDeepStrictEqual(wanted, is)) problems.push(`${place}: the ledger says ${wanted}, there are ${is}`)
  }
  const hosts = (found.cloudflare ?? []).filter((it) => it.includes(`slipway:${real.machine.world.slipway.instance}`))
  const records = entries.filter((it) => it.kind === 'dns-record' && it.state === 'present').map((it) => it.name)
  const recorded = hosts.flatMap((it) => (JSON.parse(it).type === 'CNAME' ? [JSON.parse(it).name] : []))
  if (!isDeepStrictEqual([...new Set(records)].sort(), recorded.sort()))
    problems.push(`records: the ledger says ${records}, there are ${recorded}`)
  return problems
}

async function foreignThings(real: Real): Promise<string[]> {
  const now = await real.machine.foreign.look().catch((error) => String(error))
  return isDeepStrictEqual(now, real.machine.foreign.planted)
    ? []
    : [`what is not ours was changed: ${JSON.stringify(now)}`]
}

const doctor = async (real: Real) => (await real.findings()).map((it) => `the doctor says: ${it.id} ${it.message}`)
