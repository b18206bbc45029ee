import type { DeploymentView, EnvView } from '../../server/http/views.ts'
import { at, changeApp, findApp } from '../apps.ts'
import type { Client } from '../client.ts'
import type { Context } from '../context.ts'
import { Failure, wrongUsage } from '../failure.ts'
import { newestRelease } from '../follow-release.ts'
import { dim } from '../render.ts'
import { table } from '../table.ts'
import { readPair, readVariables, type TypedVariables, type Variable } from '../variables.ts'
import type { WaitOptions } from './act.ts'
import { showServing } from './deploy.ts'

/** A variable of a change; without a value it keeps the one that is stored. */
type Kept = Omit<EnvView, 'value'> & { value?: string }

/** `later`: the next push or redeploy takes the change along. */
type ChangeOptions = WaitOptions & { later?: boolean | undefined }
export type SetOptions = Pick<TypedVariables, 'envFile' | 'secretFile'> & ChangeOptions & { secret?: boolean }

export async function listEnv(context: Context, named: string): Promise<void> {
  const client = await context.connect()
  const env = await readEnv(client, await findApp(client, named))
  context.show({ env }, () => describeEnv(env))
}

/** Sets variables; the others stay. Slipway deploys with them. */
export async function setEnv(context: Context, named: string, typed: string[], options: SetOptions): Promise<void> {
  const { secret = false, wait, later, ...files } = options
  const set = [...(await readVariables(context, files)), ...typed.map((it) => readPair(it, context.env, secret))]
  if (set.length === 0) throw wrongUsage('Nothing is to be set.', `For example: slipway env ${named} set KEY=value`)
  await change(context, named, (env) => merge(env, set), { wait, later })
}

export async function unsetEnv(context: Context, named: string, keys: string[], options: ChangeOptions): Promise<void> {
  if (keys.length === 0) throw wrongUsage('Nothing is to be unset.', `For example: slipway env ${named} unset KEY`)
  const without = (env: Kept[]) => {
    const missing = keys.find((key) => !env.some((it) => it.key === key))
    if (missing === undefined) return env.filter((it) => !keys.includes(it.key))
    throw new Failure('not_found', `There is no variable ${missing}.`, { hint: `See: slipway env ${named} list` })
  }
  await change(context, named, without, options)
}

const readEnv = async (client: Client, { id }: DeploymentView): Promise<EnvView[]> =>
  (await client.request<{ env: EnvView[] }>('GET', at(id, '/env'))).env

async function change(
  context: Context,
  named: string,
  edit: (env: Kept[]) => Kept[],
  { wait, later }: ChangeOptions,
): Promise<void> {
  if (wait && later)
    throw wrongUsage('--later deploys nothing, so there is nothing to --wait for. Choose one of the two.')
  const client = await context.connect()
  const app = await findApp(client, named)
  const stored = (await readEnv(client, app)).map(({ key, secret, buildTime }) => ({ key, secret, buildTime }))
  const body = { env: edit(stored), ...(later && { deploy: 'later' }) }
  const deployment = await changeApp(client, 'PATCH', at(app.id), { body })
  if (wait) return showServing(context, client, app, await newestRelease(client, app.id))
  const then = later ? 'the next deploy takes them along' : 'it is deployed with them'
  context.show({ deployment }, () => [`The variables of ${app.subdomain} are changed; ${then}.`])
}

/** A variable that was secret stays so, until it is unset. */
function merge(env: Kept[], set: Variable[]): Kept[] {
  const all = new Map(env.map((it) => [it.key, it]))
  for (const { key, value, secret = false } of set) {
    const before = all.get(key)
    all.set(key, { ...before, key, value, secret: secret || before?.secret === true } as Kept)
  }
  return [...all.values()]
}

const describeEnv = (env: EnvView[]) =>
  env.length === 0
    ? ['No variables.']
    : table(
        ['NAME', 'VALUE', ''],
        env.map((it) => [
          it.key,
          it.value.replaceAll('\n', '\\n'),
          dim([it.secret && 'secret', it.buildTime && 'at the build'].filter(Boolean).join(', ')),
        ]),
      )
