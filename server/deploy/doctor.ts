import { setBuildGuard } from '../adapters/build-guard.ts'
import { findDeployment, listDeployments } from '../db/deployments.ts'
import { listStanding } from '../db/ledger.ts'
import type { Deps } from '../deps.ts'
import { AppError, toAppError } from '../errors.ts'
import { checkMachine } from './check-machine.ts'
import { redeployApp, retryApp } from './commands.ts'
import { createContext } from './context.ts'
import { pipeline } from './pipeline.ts'
import type { Queue } from './queue.ts'
import { findDrift, makeAnew } from './reconcile.ts'

export type Finding = {
  /** Stable while it lasts; what `repair` takes. */
  id: string
  kind: 'machine' | 'orphan' | 'drift' | 'stuck' | 'quarantine'
  severity: 'error' | 'warning'
  message: string
  /** Safe remedies are applied when nothing is named; an orphan goes only when it is. */
  remedy: { text: string; automatic: boolean; safe: boolean }
}

type Found = Finding & { mend?: (queue: Queue) => Promise<void> }
export type Examination = { findings: Finding[]; checkedAt: string }

/** Looks at the machine, at what carries our mark without an owner, at what drifted, and at what is stuck. Changes nothing. */
export async function examine(deps: Deps): Promise<Examination> {
  const findings = (await look(deps)).map(({ mend: _, ...finding }) => finding)
  return { findings, checkedAt: new Date().toISOString() }
}

/**
 * Applies the remedies of the findings named, or of all safe ones.
 * @throws not_found when one that is named does not exist (any more).
 */
export async function repair(
  deps: Deps,
  queue: Queue,
  ids?: string[],
): Promise<{ repaired: string[]; failed: { id: string; message: string }[] }> {
  const found = await look(deps)
  const missing = ids?.find((id) => !found.some((it) => it.id === id))
  if (missing !== undefined)
    throw new AppError('not_found', `There is no finding ${missing} (any more). Look again.`, { field: 'ids' })
  const chosen = found.filter((it) => it.mend && (ids ? ids.includes(it.id) : it.remedy.safe))
  const repaired: string[] = []
  const failed: { id: string; message: string }[] = []
  for (const { id, mend } of chosen) {
    try {
      await mend?.(queue)
      repaired.push(id)
    } catch (error) {
      failed.push({ id, message: toAppError(error).message })
    }
  }
  return { repaired, failed }
}

async function look(deps: Deps): Promise<Found[]> {
  const parts = await Promise.all([
    lookAtMachine(deps),
    lookForOrphans(deps),
    lookForDrift(deps),
    lookForStuck(deps),
    lookForQuarantine(deps),
    lookAtBuildGuard(deps),
  ])
  return parts.flat()
}

const REMEDIES = {
  engine: 'Start the Docker engine: systemctl start docker.',
  nginx: 'Start nginx, or install it: apt-get install nginx-light.',
  disk: 'Free some space: docker system df shows what takes it.',
  database: 'Look at the server log and at the disk.',
}

async function lookAtMachine(deps: Deps): Promise<Found[]> {
  const checks = Object.entries(await checkMachine(deps)) as [keyof typeof REMEDIES, { ok: boolean; detail: string }][]
  const found: Found[] = checks
    .filter(([, check]) => !check.ok)
    .map(([name, { detail }]) => ({
      id: `machine:${name}`,
      kind: 'machine',
      severity: 'error',
      message: detail,
      remedy: { text: REMEDIES[name], automatic: name === 'nginx', safe: true },
      ...(name === 'nginx' && { mend: () => deps.nginx.start() }),
    }))
  if (!deps.cloudflare) return found
  const { problems } = await deps.cloudflare
    .check()
    .catch((error: unknown) => ({ problems: [toAppError(error).message] }))
  return [
    ...found,
    ...problems.map(
      (message, index): Found => ({
        id: `machine:cloudflare:${index}`,
        kind: 'machine',
        severity: 'error',
        message,
        remedy: {
          text: 'Mend the API token in the Cloudflare dashboard, then restart Slipway with it.',
          automatic: false,
          safe: false,
        },
      }),
    ),
  ]
}

async function lookAtBuildGuard({ config }: Deps): Promise<Found[]> {
  const { ok, detail } = await setBuildGuard(config.buildMemoryMb)
  if (ok) return []
  const text =
    'Write the limits as root, or accept that a build may use all of the machine: docs/operating.md says how.'
  const remedy = { text, automatic: false, safe: false }
  return [{ id: 'machine:build-guard', kind: 'machine', severity: 'warning', message: detail, remedy }]
}

type Orphan = { kind: string; name: string; remove: () => Promise<unknown> }

/**
 * What carries this instance's mark but stands on no ledger, neither before nor after the look: a deploy or a delete
 * may be on its way. Removing it is for the user to ask.
 */
async function lookForOrphans(deps: Deps): Promise<Found[]> {
  const standing = async () => (await listStanding(deps.db)).map(({ kind, name }) => `${kind} ${name}`)
  const before = await standing()
  const owned = await allOwned(deps)
  const known = new Set([...before, ...(await standing())])
  const orphans = owned.filter(({ kind, name }) => !known.has(`${kind} ${name}`))
  return orphans.map(({ kind, name, remove }) => ({
    id: `orphan:${kind}:${name}`,
    kind: 'orphan',
    severity: 'warning',
    message: `The ${kind} ${name} carries Slipway's mark, but belongs to no deployment.`,
    remedy: {
      text: kind === 'volume' ? 'Remove it, with the data in it.' : 'Remove it.',
      automatic: true,
      safe: false,
    },
    mend: async () => void (await remove()),
  }))
}

async function allOwned({ docker, nginx, cloudflare, log }: Deps): Promise<Orphan[]> {
  const removers = {
    container: docker.removeContainer.bind(docker),
    image: docker.removeImage.bind(docker),
    network: docker.removeNetwork.bind(docker),
    volume: docker.removeVolume.bind(docker),
  }
  const order = ['container', 'image', 'network', 'volume']
  const lists: Promise<Orphan[]>[] = [
    docker
      .listOwned()
      .then((all) =>
        all
          .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
          .map(({ kind, name }) => ({ kind, name, remove: () => removers[kind](name) })),
      ),
    nginx.list().then((all) =>
      all.map(({ subdomain, deploymentId }) => ({
        kind: 'vhost',
        name: `${subdomain}.conf`,
        remove: () => nginx.uninstall(subdomain, deploymentId),
      })),
    ),
    nginx
      .listHolds()
      .then((all) =>
        all.map(({ hostname }) => ({ kind: 'holding-page', name: hostname, remove: () => nginx.unhold(hostname) })),
      ),
  ]
  if (cloudflare) {
    lists.push(
      cloudflare
        .listRoutes()
        .then((all) =>
          all.flatMap(({ hostname, deploymentId }) =>
            deploymentId
              ? [{ kind: 'tunnel-route', name: hostname, remove: () => cloudflare.removeRoute(hostname, deploymentId) }]
              : [],
          ),
        ),
      cloudflare.listRecords().then((all) =>
        all.map(({ hostname, deploymentId }) => ({
          kind: 'dns-record',
          name: hostname,
          remove: () => cloudflare.removeRecord(hostname, deploymentId),
        })),
      ),
    )
  }
  const settled = await Promise.allSettled(lists)
  for (const it of settled)
    if (it.status === 'rejected') log.warn({ err: it.reason }, 'the doctor could not list what is ours')
  return settled.flatMap((it) => (it.status === 'fulfilled' ? it.value : []))
}

async function lookForDrift(deps: Deps): Promise<Found[]> {
  const found: Found[] = []
  for (const deployment of await listDeployments(deps.db)) {
    const { id, liveRelease, status, name } = deployment
    if (liveRelease === null || status === 'deleting') continue
    const drift = await createContext(deps, id, liveRelease)
      .then(findDrift)
      .catch((error: unknown) => {
        deps.log.warn({ err: error, deployment: id }, 'the doctor could not look at a deployment')
        return []
      })
    for (const { step, kind, name: effect } of drift) {
      found.push({
        id: `drift:${id}:${kind}:${effect}`,
        kind: 'drift',
        severity: 'error',
        message: `The ${kind} ${effect} of ${name} is missing or was changed.`,
        ...(step === 'build-image'
          ? {
              remedy: { text: 'Deploy again: only a build makes it anew.', automatic: true, safe: false },
              mend: (queue) => redeployApp(deps, queue, deployment),
            }
          : {
              remedy: { text: 'Put it back.', automatic: true, safe: true },
              mend: (queue) => whileIdle(queue, id, () => mendDrift(deps, id, step)),
            }),
      })
    }
  }
  return found
}

/** Looks again first: since the doctor looked, another release may have gone live, or the app may be gone. */
async function mendDrift(deps: Deps, id: string, step: string): Promise<void> {
  const deployment = await findDeployment(deps.db, id)
  if (!deployment || deployment.liveRelease === null || deployment.status === 'deleting') return
  const ctx = await createContext(deps, id, deployment.liveRelease)
  if ((await findDrift(ctx)).some((it) => it.step === step)) await makeAnew(ctx, step)
}

async function lookForStuck(deps: Deps): Promise<Found[]> {
  return (await listDeployments(deps.db))
    .filter((it) => it.status === 'stuck')
    .map((deployment) => ({
      id: `stuck:${deployment.id}`,
      kind: 'stuck',
      severity: 'error',
      message: `${deployment.name} is stuck${deployment.error?.step ? ` at ${deployment.error.step}` : ''}: ${deployment.error?.message ?? 'the reason is not known'}`,
      remedy: { text: 'Try again now. Slipway also tries again every minute.', automatic: true, safe: true },
      mend: (queue) => retryApp(deps, queue, deployment),
    }))
}

async function lookForQuarantine(deps: Deps): Promise<Found[]> {
  const vhosts = await deps.nginx.list()
  const owners = await listDeployments(deps.db)
  return vhosts
    .filter((it) => it.quarantined)
    .map(({ subdomain, deploymentId, reason }) => {
      const owner = owners.find((it) => it.id === deploymentId)
      return {
        id: `quarantine:${subdomain}`,
        kind: 'quarantine' as const,
        severity: 'error' as const,
        message: `The vhost ${subdomain}.conf was put aside, because nginx refuses it: ${reason ?? 'no reason given'}.`,
        remedy: { text: owner ? 'Write it anew.' : 'Remove it.', automatic: true, safe: owner !== undefined },
        mend: (queue) => whileIdle(queue, deploymentId, () => rewriteVhost(deps, deploymentId, subdomain)),
      }
    })
}

async function rewriteVhost(deps: Deps, deploymentId: string, subdomain: string): Promise<void> {
  const release = (await findDeployment(deps.db, deploymentId))?.liveRelease ?? null
  if (release === null) return deps.nginx.uninstall(subdomain, deploymentId)
  const ctx = await createContext(deps, deploymentId, release)
  await pipeline.find((step) => step.name === 'publish-vhost')?.apply(ctx)
}

/** @throws not_possible_now while a job runs for the deployment */
async function whileIdle(queue: Queue, deploymentId: string, work: () => Promise<void>): Promise<void> {
  const done = await queue.whileIdle(deploymentId, async () => {
    await work()
    return true
  })
  if (!done) throw new AppError('not_possible_now', 'A job runs for this deployment. Look again when it is over.')
}
