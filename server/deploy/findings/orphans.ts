import type { Cloudflare } from '../../adapters/cloudflare.ts'
import type { Owned } from '../../adapters/docker-owned.ts'
import { listBackups } from '../../db/backups.ts'
import { listStanding } from '../../db/ledger.ts'
import { listKept } from '../../db/receipts.ts'
import type { Deps } from '../../deps.ts'
import { toAppError } from '../../errors.ts'
import { within } from '../within.ts'
import { type Found, type Look, lateBy, unseen } from './finding.ts'

type Orphan = { kind: string; name: string; remove: () => Promise<unknown> }
/** A place where there may be orphans. */
type Place = { id: string; what: string; list: () => Promise<Orphan[]> }

/**
 * What carries this instance's mark but stands on no ledger, neither before nor after the look: a deploy or a delete
 * may be on its way. Removing it is for the user to ask. A volume that the user chose to keep is no orphan.
 */
export async function lookForOrphans(look: Look): Promise<Found[]> {
  const standing = async () => (await listStanding(look.deps.db)).map(({ kind, name }) => `${kind} ${name}`)
  const before = await standing()
  const lists = await Promise.all(placesOf(look).map((place) => listPlace(look, place)))
  const known = new Set([...before, ...(await standing())])
  const orphans = lists.flatMap((it) => it.orphans).filter(({ kind, name }) => !known.has(`${kind} ${name}`))
  const kept = await listKept(look.deps.db)
  const keptAs = (orphan: Orphan) => kept.find(({ kind, name }) => kind === orphan.kind && name === orphan.name)
  const told = orphans.map((orphan) => {
    const known = keptAs(orphan)
    return known ? tellKept(orphan, known) : tell(orphan)
  })
  return [...told, ...lists.flatMap((it) => it.unseen)]
}

const tellKept = (
  { kind, name, remove }: Orphan,
  { app, deploymentId }: { app: string; deploymentId: string },
): Found => ({
  id: `kept:${kind}:${name}`,
  kind: 'kept',
  severity: 'note',
  message: `The ${kind} ${name} was kept when ${app} was deleted.`,
  deploymentId,
  remedy: { text: 'Remove it, with the data in it.', automatic: true, safe: false },
  mend: async () => void (await remove()),
})

const tell = ({ kind, name, remove }: Orphan): Found => ({
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
})

async function listPlace({ deps, signal }: Look, { id, what, list }: Place) {
  try {
    return { orphans: await within(signal, list()), unseen: [] }
  } catch (error) {
    deps.log.warn({ err: error }, `the doctor could not list ${what}`)
    const why = signal.aborted ? lateBy('It') : toAppError(error).message
    return { orphans: [], unseen: [unseen(id, what, why)] }
  }
}

function placesOf({ deps, cloudflare, signal }: Look): Place[] {
  return [
    { id: 'engine', what: 'What is on the Docker engine', list: () => onEngine(deps, signal) },
    { id: 'nginx', what: 'What nginx has', list: () => inNginx(deps) },
    ...(cloudflare && deps.cloudflare
      ? [
          {
            id: 'cloudflare',
            what: 'What is at Cloudflare',
            list: () => atCloudflare(cloudflare, deps.cloudflare, signal),
          },
        ]
      : []),
  ]
}

/** In the order in which they can be removed. */
const KINDS = ['container', 'image', 'network', 'volume'] as const

async function onEngine({ db, docker }: Deps, signal: AbortSignal): Promise<Orphan[]> {
  const removers = {
    container: docker.removeContainer.bind(docker),
    image: docker.removeImage.bind(docker),
    network: docker.removeNetwork.bind(docker),
    volume: docker.removeVolume.bind(docker),
  }
  const all = await docker.listOwned(signal)
  const isBackingUp = (await listBackups(db, { state: 'running' })).length > 0
  return all
    .filter((it) => !(isBackingUp && isOfBackup(it)))
    .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind))
    .map(({ kind, name }) => ({ kind, name, remove: () => removers[kind](name) }))
}

/** What volumes are read through belongs to no deployment. */
const isOfBackup = ({ labels }: Owned) => labels['slipway.volumes'] !== undefined

async function inNginx({ nginx }: Deps): Promise<Orphan[]> {
  const [vhosts, holds] = await Promise.all([nginx.list(), nginx.listHolds()])
  return [
    ...vhosts.map(({ subdomain, deploymentId }) => ({
      kind: 'vhost',
      name: `${subdomain}.conf`,
      remove: () => nginx.uninstall(subdomain, deploymentId),
    })),
    ...holds.map(({ hostname }) => ({ kind: 'holding-page', name: hostname, remove: () => nginx.unhold(hostname) })),
  ]
}

/** Listed from what was asked in the last minute, removed at Cloudflare itself. */
async function atCloudflare(recent: Cloudflare, real: Cloudflare | undefined, signal: AbortSignal): Promise<Orphan[]> {
  const [routes, records] = await Promise.all([recent.listRoutes(signal), recent.listRecords(signal)])
  return [
    ...routes.flatMap(({ hostname, deploymentId }) =>
      deploymentId
        ? [{ kind: 'tunnel-route', name: hostname, remove: async () => real?.removeRoute(hostname, deploymentId) }]
        : [],
    ),
    ...records.map(({ hostname, deploymentId }) => ({
      kind: 'dns-record',
      name: hostname,
      remove: async () => real?.removeRecord(hostname, deploymentId),
    })),
  ]
}
