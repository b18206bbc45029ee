import type { PlanView } from '../../../server/http/views.ts'
import { kindOf, oneTitle } from './ledger.ts'

type Effect = PlanView['effects'][number]
/** One thing that will be made: what it is, and what it is called, when a name says something. */
type Making = { what: string; name: string | undefined; note: string | undefined }
type MakingGroup = { title: string; things: Making[] }

/** In the order in which a deploy comes to them (deploy/pipeline.ts). */
const GROUPS: Record<string, string[]> = {
  'To build it': ['add-deploy-key', 'check-out', 'choose-template', 'build-image'],
  'To run it': [
    'claim-port',
    'create-network',
    'create-volumes',
    'run-release-command',
    'start-container',
    'await-health',
    'run-post-deploy',
  ],
  'To lead visitors there': ['hold-hostname', 'publish-vhost', 'route-tunnel', 'point-dns', 'prove-live'],
  'To hear of pushes': ['connect-webhook'],
}

/** What a deploy would make, in plain words, by what it is for. */
export function sayEffects(effects: readonly Effect[]): MakingGroup[] {
  const known = Object.entries(GROUPS).map(([title, steps]) => ({
    title,
    things: effects.filter((it) => steps.includes(it.step)).map(sayEffect),
  }))
  const others = effects.filter((it) => !Object.values(GROUPS).flat().includes(it.step)).map(sayEffect)
  return [...known, { title: 'Also', things: others }].filter((it) => it.things.length > 0)
}

function sayEffect({ kind, name }: Effect): Making {
  const { note, isUnnamed } = kindOf(kind)
  return { what: oneTitle(kind), note, name: isUnnamed ? undefined : withoutId(name) }
}

/** A plan invents the deployment's id: the real one is another. */
const withoutId = (name: string) => name.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, '…')
