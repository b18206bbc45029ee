import type { ExaminationView, FindingView, ReleaseView, RepairView } from '../../server/http/views.ts'
import { plural } from '../../web/src/ui/format.ts'
import { at, findApp, listApps } from '../apps.ts'
import type { Context } from '../context.ts'
import { describeApp, describeApps } from '../describe.ts'
import { EXIT } from '../failure.ts'
import { dim, green, red, yellow } from '../render.ts'

export async function list(context: Context): Promise<void> {
  const deployments = await listApps(await context.connect())
  context.show({ deployments }, () => describeApps(deployments, Date.now()))
}

export async function show(context: Context, named: string): Promise<void> {
  const client = await context.connect()
  const deployment = await findApp(client, named)
  const { releases } = await client.request<{ releases: ReleaseView[] }>('GET', at(deployment.id, '/releases'))
  context.show({ deployment, releases }, () => describeApp(deployment, releases, Date.now()))
}

/** Ends with 1 when something is wrong that keeps Slipway from its work. */
export async function doctor(context: Context, { repair }: { repair?: boolean }): Promise<void> {
  const client = await context.connect()
  const repaired = repair ? await client.request<RepairView>('POST', '/api/doctor/repair', { body: {} }) : undefined
  const found = await client.request<ExaminationView>('GET', '/api/doctor', { query: { fresh: true } })
  context.show({ ...found, ...(repaired && { repaired }) }, () => [
    ...(repaired ? describeRepair(repaired) : []),
    ...(found.findings.length === 0 ? [green('Nothing is wrong.')] : found.findings.flatMap(describeFinding)),
    ...(found.kept.length === 0 ? [] : [dim(`${plural(found.kept.length, 'thing')} kept on purpose`)]),
  ])
  const isBroken = found.findings.some((it) => it.severity === 'error') || (repaired?.failed.length ?? 0) > 0
  if (isBroken) process.exitCode = EXIT.refused
}

const COLOURS = { error: red, warning: yellow, note: dim }

const describeFinding = ({ severity, message, remedy }: FindingView) => [
  `${COLOURS[severity](severity)}: ${message}`,
  `  ${remedy.text}${remedy.automatic && remedy.safe ? dim(' (slipway doctor --repair does it)') : ''}`,
]

const describeRepair = ({ repaired, failed }: RepairView) => [
  `${plural(repaired.length, 'thing')} repaired.`,
  ...failed.map((it) => red(`${it.id}: ${it.message}`)),
]
