import {
  type Channel,
  deleteChannel,
  findChannel,
  insertChannel,
  listChannels,
  newChannelId,
  updateChannel,
} from '../../db/channels.ts'
import type { Db } from '../../db/schema.ts'
import { openConfig, sealConfig } from '../../deploy/channel-config.ts'
import type { Post } from '../../deploy/post-news.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import type { App } from '../app-type.ts'
import { noteVisitor } from '../audit.ts'
import { checkChannel } from '../check-channel.ts'
import { ChannelChange, ChannelInput, IdParams } from '../schemas.ts'
import { Type } from '../type.ts'
import { ChannelTestView, ChannelView } from '../views.ts'

const MOST_CHANNELS = 50
/** With what the receiver checks signatures with, where there is a new one. */
const Made = Type.Object({ channel: ChannelView, secret: Type.Optional(Type.String()) })

/** The channels that news goes to. */
export function channelRoutes(app: App, deps: Deps, post: Post): void {
  app.get(
    '/api/channels',
    {
      schema: {
        summary: 'Where news goes, and how the last sending went',
        response: { 200: Type.Object({ channels: Type.Array(ChannelView) }) },
      },
    },
    async () => ({ channels: (await listChannels(deps.db)).map((it) => present(deps, it)) }),
  )

  app.post(
    '/api/channels',
    {
      config: { access: 'session' },
      schema: {
        summary: 'Have news sent somewhere; the secret that signs what a webhook gets is shown this once',
        body: ChannelInput,
        response: { 201: Made },
      },
    },
    async (request, reply) => {
      const { channel, secret } = await makeChannel(deps, request.body)
      deps.events.publish({ type: 'changed', what: 'channels' })
      await noteVisitor(deps, request, 'channel.created', about(channel))
      return reply.status(201).send({ channel: present(deps, channel), ...(secret !== undefined && { secret }) })
    },
  )

  app.patch(
    '/api/channels/:id',
    {
      config: { access: 'session' },
      schema: {
        summary: 'Change a channel; secrets that are left out stay',
        params: IdParams,
        body: ChannelChange,
        response: { 200: Made },
      },
    },
    async (request) => {
      const { channel, secret } = await changeChannel(deps, request.params.id, request.body)
      deps.events.publish({ type: 'changed', what: 'channels' })
      if (channel.isEnabled) post.kick()
      await noteVisitor(deps, request, 'channel.changed', about(channel))
      return { channel: present(deps, channel), ...(secret !== undefined && { secret }) }
    },
  )

  app.delete(
    '/api/channels/:id',
    {
      config: { access: 'session' },
      schema: { summary: 'Delete a channel, with the news that waits for it', params: IdParams },
    },
    async (request, reply) => {
      const channel = (await deleteChannel(deps.db, request.params.id)) ?? notThere()
      deps.events.publish({ type: 'changed', what: 'channels' })
      await noteVisitor(deps, request, 'channel.deleted', about(channel))
      return reply.status(204).send()
    },
  )

  app.post(
    '/api/channels/:id/test',
    {
      config: { access: 'session' },
      schema: {
        summary: 'Send a test message at once, and tell what the far side says',
        params: IdParams,
        response: { 200: ChannelTestView },
      },
    },
    async (request) => {
      const channel = (await findChannel(deps.db, request.params.id)) ?? notThere()
      const outcome = await post.test(channel)
      await noteVisitor(deps, request, 'channel.tested', {
        target: channel.id,
        detail: { name: channel.name, ok: outcome.ok },
      })
      return outcome
    },
  )
}

function notThere(): never {
  throw new AppError('not_found', 'There is no such channel: it was deleted already.')
}

const about = ({ id, name, kind, events, isEnabled }: Channel) => ({
  target: id,
  detail: { name, kind, events, isEnabled },
})

/** @throws name_in_use, not_possible_now, invalid_input */
async function makeChannel(deps: Deps, { name, kind, events, isEnabled = true, ...input }: ChannelInput) {
  const id = newChannelId()
  const { config, secret } = checkChannel(kind, input)
  const settings = { name, events: [...new Set(events)], isEnabled, config: sealConfig(deps, id, config) }
  const channel = await deps.db.transaction().execute(async (db) => {
    const others = await listChannels(db)
    refuseTaken(others, name)
    if (others.length >= MOST_CHANNELS)
      throw new AppError('not_possible_now', `There are ${MOST_CHANNELS} channels. Delete those that nobody reads.`)
    return insertChannel(db, { id, kind, ...settings })
  })
  return { channel, secret }
}

/** @throws not_found, name_in_use, invalid_input */
async function changeChannel(deps: Deps, id: string, { name, events, isEnabled, ...input }: ChannelChange) {
  return deps.db.transaction().execute(async (db: Db) => {
    const before = (await findChannel(db, id)) ?? notThere()
    const others = (await listChannels(db)).filter((it) => it.id !== id)
    if (name !== undefined) refuseTaken(others, name)
    const { config, secret } = checkChannel(before.kind, input, openConfig(deps, before))
    const settings = {
      name: name ?? before.name,
      events: events ? [...new Set(events)] : before.events,
      isEnabled: isEnabled ?? before.isEnabled,
      config: sealConfig(deps, id, config),
    }
    return { channel: (await updateChannel(db, id, settings)) ?? notThere(), secret }
  })
}

/** @throws name_in_use */
function refuseTaken(others: Channel[], name: string): void {
  if (others.every((it) => it.name !== name)) return
  throw new AppError('name_in_use', `There is a channel named ${name}. Choose another name.`, { field: 'name' })
}

function present(deps: Deps, channel: Channel): ChannelView {
  const { id, name, kind, events, isEnabled, lastSentAt, lastError, createdAt } = channel
  const config = openConfig(deps, channel)
  const common = { id, name, kind, events, isEnabled, lastSentAt, lastError, createdAt }
  if (config.kind !== 'email') return { ...common, target: new URL(config.url).host, mail: null }
  const { host, port, security, user, password, from, to } = config
  return {
    ...common,
    target: to.join(', '),
    mail: { host, port, security, user: user ?? null, passwordIsSet: password !== undefined, from, to },
  }
}
