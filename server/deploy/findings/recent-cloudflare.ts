import type { Cloudflare } from '../../adapters/cloudflare.ts'
import { listStanding } from '../../db/ledger.ts'
import type { Deps } from '../../deps.ts'

/** A look asks Cloudflare some ten things, and events set looks off: every open window, for each change of an app. */
const KEPT_MS = 60_000

type Kept = { at: number; standing: string; cloudflare: Cloudflare }

/**
 * What Cloudflare said in the last minute. It is asked again when the effects there have changed since, on the ledger
 * or by a repair: what was said before would make orphans and drift of them.
 */
export function createRecentCloudflare(deps: Deps) {
  let kept: Kept | undefined
  const forget = () => {
    kept = undefined
  }
  deps.events.subscribe(({ type }) => {
    if (type === 'repaired') forget()
  })

  return {
    forget,
    /** The adapter for one look, which waits no longer than the signal says. */
    async read(signal: AbortSignal): Promise<Cloudflare | undefined> {
      if (!deps.cloudflare) return undefined
      const standing = await standingAtCloudflare(deps)
      if (!kept || kept.standing !== standing || performance.now() - kept.at > KEPT_MS)
        kept = { at: performance.now(), standing, cloudflare: deps.cloudflare.forOnePass() }
      const { cloudflare } = kept
      return {
        ...cloudflare,
        hasRoute: (hostname, id) => cloudflare.hasRoute(hostname, id, signal),
        hasRecord: (hostname, id) => cloudflare.hasRecord(hostname, id, signal),
      }
    },
  }
}

async function standingAtCloudflare({ db }: Deps): Promise<string> {
  const effects = (await listStanding(db)).filter(({ kind }) => kind === 'tunnel-route' || kind === 'dns-record')
  return JSON.stringify(effects.map(({ deploymentId, kind, name, state }) => [deploymentId, kind, name, state]).sort())
}
