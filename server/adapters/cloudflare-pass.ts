import type { Cloudflare } from './cloudflare.ts'
import { once } from './cloudflare-retry.ts'

type Owned = { hostname: string; deploymentId?: string }

/** See `Cloudflare.forOnePass`. The signal of the first look is the one of the list. */
export function answerFromLists(cloudflare: Cloudflare): Cloudflare {
  const routes = list((signal) => cloudflare.listRoutes(signal))
  const records = list((signal) => cloudflare.listRecords(signal))
  return {
    ...cloudflare,
    inspect: once((signal?: AbortSignal) => cloudflare.inspect(signal)),
    listRoutes: routes.all,
    listRecords: records.all,
    hasRoute: routes.has,
    hasRecord: records.has,
    addRoute: routes.refreshedBy(cloudflare.addRoute),
    removeRoute: routes.refreshedBy(cloudflare.removeRoute),
    addRecord: records.refreshedBy(cloudflare.addRecord),
    removeRecord: records.refreshedBy(cloudflare.removeRecord),
  }
}

type Change = Cloudflare['addRoute']

function list<T extends Owned>(ask: (signal?: AbortSignal) => Promise<T[]>) {
  const fresh = () => once((signal?: AbortSignal) => ask(signal))
  let listed = fresh()
  return {
    all: (signal?: AbortSignal): Promise<T[]> => listed(signal),
    async has(hostname: string, deploymentId: string, signal?: AbortSignal): Promise<boolean> {
      const owned = await listed(signal)
      return owned.some((it) => it.hostname === hostname.toLowerCase() && it.deploymentId === deploymentId)
    },
    refreshedBy:
      (change: Change): Change =>
      async (...args) => {
        try {
          await change(...args)
        } finally {
          listed = fresh()
        }
      },
  }
}
