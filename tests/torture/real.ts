import { setTimeout as sleep } from 'node:timers/promises'
import type { Reply } from '../support/slipway.ts'
import type { Machine } from './machine.ts'
import type { AppModel, Version } from './model.ts'

/** How a sequence asks Slipway, which may be dead, hang or be refused while it does. */
export type Real = ReturnType<typeof createReal>

export function createReal(machine: Machine, empty: Record<string, string[]>, tell: (text: string) => void) {
  const { slipway } = machine.world
  const commits = new Map<string, number>()

  /** Undefined when Slipway died under the question: then nobody knows what came of it. */
  async function api(method: string, path: string, body?: unknown): Promise<Reply | undefined> {
    return slipway.api(method, path, body).catch(() => undefined)
  }

  /** Asks until Slipway, which is started again by whoever killed it, answers. */
  async function read(path: string): Promise<Reply> {
    for (let left = 400; left > 0; left--) {
      const reply = await api('GET', path)
      if (reply && reply.status < 500) return reply
      await sleep(50)
    }
    throw new Error(`GET ${path} is not answered`)
  }

  const show = async (id: string): Promise<any> => (await read(`/api/deployments/${id}`)).body.deployment

  return {
    machine,
    empty,
    tell,
    api,
    commits,
    rollbackTo: new Map<string, number>(),
    show,
    idOf: async (app: string): Promise<string | undefined> =>
      (await read('/api/deployments')).body.deployments.find((it: any) => it.subdomain === app)?.id,
    releasesOf: async (id: string): Promise<any[]> =>
      (await read(`/api/deployments/${id}/releases`)).body.releases ?? [],
    ledgerOf: async (id: string): Promise<any[]> => (await read(`/api/deployments/${id}/ledger`)).body.entries ?? [],
    findings: async (): Promise<any[]> => (await read('/api/doctor?fresh=true')).body.findings,

    /** Notes what releases that are new answer: their commit, and the variable as it was when they were asked for. */
    async learn(own: AppModel, releases: any[]): Promise<void> {
      for (const { release: number, commit } of releases) {
        const known = own.versions.get(number)
        if (!known || known.commit === 0)
          own.versions.set(number, { commit: commits.get(commit?.sha) ?? 0, mood: known?.mood ?? own.mood })
      }
    },

    /** Whether a deploy was begun by a push of this commit, soon. */
    async hears(id: string, sha: string): Promise<boolean> {
      for (let left = 20; left > 0; left--) {
        const { body } = (await api('GET', `/api/deployments/${id}/releases`)) ?? { body: {} }
        if (body.releases?.some((it: any) => it.cause?.sha === sha || it.commit?.sha === sha)) return true
        await sleep(50)
      }
      return false
    },

    /** A rollback brings back the variables, too. */
    async versionOf(own: AppModel, number: number): Promise<Version> {
      const { body } = await read(`/api/deployments/${own.id}/releases`)
      const release = body.releases.find((it: any) => it.release === number)
      const version = own.versions.get(number)
      const from = own.versions.get(release.rolledBackTo)
      if (from) own.versions.set(number, from)
      return from ?? version ?? { commit: 0, mood: own.mood }
    },

    /** Whether a change of the variable was taken though its answer was lost. */
    async moodOf(id: string, wanted: string, before: string): Promise<string> {
      const { body } = await read(`/api/deployments/${id}/env`)
      const found = JSON.stringify(body).includes(`"${wanted}"`)
      return found ? wanted : before
    },

    isRemoving: async (id: string) => {
      const app = await show(id)
      return app === undefined || app.status === 'deleting' || app.status === 'stuck'
    },

    /** A stop or start that did not work is asked for again, once the machine is well. */
    async isStopped(id: string, status: string): Promise<boolean> {
      if (status === 'stopped') return true
      if (status === 'running') return false
      await api('POST', `/api/deployments/${id}/start`)
      for (let left = 300; left > 0; left--) {
        if ((await show(id)).status === 'running') return false
        await sleep(50)
      }
      throw new Error(`it cannot be started: ${JSON.stringify(await show(id))}`)
    },

    async untilGone(id: string): Promise<void> {
      for (let left = 600; left > 0; left--) {
        if ((await read(`/api/receipts/${id}`)).status === 200) return
        if ((await show(id))?.status === 'stuck') await api('POST', `/api/deployments/${id}/retry`)
        await sleep(50)
      }
      throw new Error(`it does not go: ${JSON.stringify(await show(id))}`)
    },
  }
}
