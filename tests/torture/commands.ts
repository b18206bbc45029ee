import fc from 'fast-check'
import type { Reply } from '../support/slipway.ts'
import { expectAllWell } from './invariants.ts'
import { type AppModel, filesOf, type Model, textOf } from './model.ts'
import { type Outcome, observe } from './observe.ts'
import type { Real } from './real.ts'
import { anyTrouble, isUnseen, strike, type Trouble } from './trouble.ts'
import { visit } from './visit.ts'

export const appNames = ['red', 'blue'] as const
type Name = (typeof appNames)[number]
type Command = fc.AsyncCommand<Model, Real>

/** What a user does to one app, while the machine has a trouble or none. */
type Deed = {
  verb: string
  check(model: Model, app: string): boolean
  /** Asks Slipway for it. False when it was refused, undefined when Slipway died under the question. */
  ask(model: Model, real: Real, app: string): Promise<boolean | undefined>
  /** What came of it, and what may not have. */
  settle(model: Model, real: Real, app: string, outcome: Outcome): Promise<void>
}

const exists = (model: Model, app: string) => model.apps.has(app)
const isLive = (model: Model, app: string) => model.apps.get(app)?.live !== undefined

/** Makes the branch's newest commit another one. */
async function commit(model: Model, real: Real, app: string, builds: boolean): Promise<string> {
  const head = { commit: ++model.commits, builds }
  model.heads.set(app, head)
  const repository = await real.machine.repositoryOf(app)
  const sha = await repository.commit(filesOf(head), `Commit ${head.commit}`)
  real.commits.set(sha, head.commit)
  return sha
}

const isTaken = (reply: Reply | undefined) => reply && reply.status === 202

const deeds: Record<string, Deed> = {
  create: {
    verb: 'create',
    check: (model, app) => !exists(model, app),
    async ask(model, real, app) {
      if (!model.heads.has(app)) await commit(model, real, app, true)
      const repository = await real.machine.repositoryOf(app)
      const mood = String(++model.moods)
      const env = [{ key: 'MOOD', value: mood }]
      const reply = await real.api('POST', '/api/deployments', { githubUrl: repository.url, subdomain: app, env })
      // Also one whose answer was lost may have been made.
      const id = reply?.body.deployment?.id ?? (await real.idOf(app))
      if (id === undefined) return false
      model.apps.set(app, { id, mood, live: undefined, stopped: false, versions: new Map() })
      return true
    },
    settle: async (model, real, app, outcome) => deployed(model, real, app, outcome),
  },
  push: {
    verb: 'push',
    check: exists,
    async ask(model, real, app) {
      return pushed(model, real, app, await commit(model, real, app, true))
    },
    settle: async (model, real, app, outcome) => deployed(model, real, app, outcome),
  },
  'push what does not build': {
    verb: 'push what does not build',
    check: exists,
    async ask(model, real, app) {
      return pushed(model, real, app, await commit(model, real, app, false))
    },
    settle: async (model, real, app, outcome) => deployed(model, real, app, outcome),
  },
  'change a variable': {
    verb: 'change a variable',
    check: exists,
    async ask(model, real, app) {
      const own = modelOf(model, app)
      const mood = String(++model.moods)
      const reply = await real.api('PATCH', `/api/deployments/${own.id}`, { env: [{ key: 'MOOD', value: mood }] })
      own.mood = await real.moodOf(own.id, mood, own.mood)
      return reply ? isTaken(reply) : own.mood === mood
    },
    settle: async (model, real, app, outcome) => deployed(model, real, app, outcome),
  },
  'roll back': {
    verb: 'roll back',
    check: isLive,
    async ask(model, real, app) {
      const own = modelOf(model, app)
      const target = (await real.releasesOf(own.id)).find((it) => it.status === 'retired')
      if (!target) return false
      const reply = await real.api('POST', `/api/deployments/${own.id}/rollback`, { release: target.release })
      real.rollbackTo.set(own.id, target.release)
      return isTaken(reply)
    },
    settle: async (model, real, app, outcome) => deployed(model, real, app, outcome),
  },
  stop: {
    verb: 'stop',
    check: (model, app) => isLive(model, app) && !modelOf(model, app).stopped,
    ask: (model, real, app) => switchTo(model, real, app, 'stop'),
    settle: async (model, real, app, outcome) => switched(model, real, app, outcome),
  },
  start: {
    verb: 'start',
    check: (model, app) => isLive(model, app) && modelOf(model, app).stopped,
    ask: (model, real, app) => switchTo(model, real, app, 'start'),
    settle: async (model, real, app, outcome) => switched(model, real, app, outcome),
  },
  delete: {
    verb: 'delete',
    check: exists,
    async ask(model, real, app) {
      const { id } = modelOf(model, app)
      const reply = await real.api('DELETE', `/api/deployments/${id}`)
      return isTaken(reply)
    },
    async settle(model, real, app) {
      if (await real.isRemoving(modelOf(model, app).id)) {
        await real.untilGone(modelOf(model, app).id)
        model.apps.delete(app)
      }
    },
  },
}

/** Nothing is asked for: something just happens to the machine. */
class Misfortune implements Command {
  private readonly trouble: Trouble
  constructor(trouble: Trouble) {
    this.trouble = trouble
  }
  check = () => !['none', 'cancel'].includes(this.trouble.kind)
  async run(model: Model, real: Real) {
    real.tell(this.toString())
    await strike(real.machine, this.trouble, async () => undefined)
    await expectAllWell(model, real)
  }
  toString = () => `${this.trouble.kind}`
}

class Action implements Command {
  private readonly name: string
  private readonly app: Name
  private readonly trouble: Trouble
  private verb: string | undefined
  constructor(name: string, app: Name, trouble: Trouble) {
    this.name = name
    this.app = app
    this.trouble = trouble
  }
  /** What cannot be asked for now is replaced by what can, so that no sequence is empty. */
  private deedIn(model: Model): Deed {
    const deed = deeds[this.name] as Deed
    if (deed.check(model, this.app)) return deed
    return (model.apps.has(this.app) ? deeds.push : deeds.create) as Deed
  }
  check = () => true

  async run(model: Model, real: Real) {
    const deed = this.deedIn(model)
    this.verb = deed.verb
    real.tell(this.toString())
    const isSwitched = ['stop', 'start', 'delete'].includes(deed.verb)
    const visited = [...model.apps].filter(([app]) => isUnseen(this.trouble) && !(isSwitched && app === this.app))
    const visitors = visited.map(([app, own]) => visit(real, app, own))
    try {
      await this.tryOn(model, real, deed)
      for (const visitor of visitors) await visitor.stop(model)
    } finally {
      for (const visitor of visitors) visitor.end()
    }
    await expectAllWell(model, real)
  }

  private async tryOn(model: Model, real: Real, deed: Deed) {
    real.rollbackTo.clear()
    const before = model.apps.get(this.app)?.id
    const cancel = () => real.api('POST', `/api/deployments/${before ?? model.apps.get(this.app)?.id}/cancel`)
    // A disk that is full beforehand, or an engine that is away, as well as in the middle.
    const [done] = await Promise.all([deed.ask(model, real, this.app), strike(real.machine, this.trouble, cancel)])
    const own = model.apps.get(this.app)
    if (own) {
      const outcome = await observe(real, own)
      if (done !== false || outcome.isChanged)
        await deed.settle(model, real, this.app, { ...outcome, trouble: this.trouble, done: done === true })
      else if (this.trouble.kind === 'none' && deed.verb !== 'roll back') throw new Error(`${this} was refused`)
    }
  }
  toString = () =>
    `${this.verb ?? this.name} ${this.app}${this.trouble.kind === 'none' ? '' : ` (${this.trouble.kind} after ${this.trouble.afterMs} ms)`}`
}

/** Any sequence of what users and machines do. */
export function anyCommands(options: { maxCommands: number; replayPath?: string }) {
  const app = fc.constantFrom(...appNames)
  const action = (name: string) => fc.tuple(app, anyTrouble).map(([on, trouble]) => new Action(name, on, trouble))
  const often = ['create', 'create', 'push', 'push']
  return fc.commands(
    [...often, ...Object.keys(deeds)]
      .map(action)
      .concat(anyTrouble.map((trouble) => new Misfortune(trouble)) as unknown as fc.Arbitrary<Action>),
    { size: 'max', ...options },
  )
}

export function modelOf(model: Model, app: string): AppModel {
  const found = model.apps.get(app)
  if (!found) throw new Error(`no ${app} in the model`)
  return found
}

/** GitHub tells of a push. Where nobody heard it, it is deployed by hand. */
async function pushed(model: Model, real: Real, app: string, sha: string): Promise<boolean | undefined> {
  const { id } = modelOf(model, app)
  if (await real.hears(id, sha)) return true
  return isTaken(await real.api('POST', `/api/deployments/${id}/redeploy`))
}

async function switchTo(model: Model, real: Real, app: string, kind: 'stop' | 'start'): Promise<boolean | undefined> {
  return isTaken(await real.api('POST', `/api/deployments/${modelOf(model, app).id}/${kind}`))
}

/**
 * After a deploy: the new version is live, or the old one is and the reason is told. Without trouble it is the new one,
 * if it builds; what does not build is never live.
 */
async function deployed(
  model: Model,
  real: Real,
  app: string,
  { status, liveRelease, error, trouble, done }: Outcome,
): Promise<void> {
  const own = modelOf(model, app)
  const wasLive = own.live?.release
  const isNew = liveRelease !== undefined && liveRelease !== wasLive
  const head = model.heads.get(app)
  const isRollback = real.rollbackTo.delete(own.id)
  if (isNew) {
    const version = await real.versionOf(own, liveRelease)
    own.live = { release: liveRelease, version }
    own.stopped = false
  }
  const mustWork = (trouble.kind === 'none' || trouble.kind === 'nginx killed') && (isRollback || head?.builds)
  if (trouble.kind === 'none' && mustWork && !isNew) throw new Error(`${app} is not live: ${JSON.stringify(error)}`)
  if (isNew && !isRollback && !head?.builds && own.live?.version.commit === head?.commit)
    throw new Error(`${app}: what does not build is live: ${textOf(own.live?.version ?? { commit: 0, mood: '' })}`)
  // A cancelled deploy over a live app leaves no error, and neither does one that was never asked for.
  if (!isNew && done && trouble.kind !== 'cancel' && error === undefined)
    throw new Error(`${app} is ${status}: the deploy came to nothing, and no error says why`)
}

async function switched(model: Model, real: Real, app: string, { status }: Outcome): Promise<void> {
  const own = modelOf(model, app)
  own.stopped = await real.isStopped(own.id, status)
}
