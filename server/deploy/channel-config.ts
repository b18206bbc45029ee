import type { Channel } from '../db/channels.ts'
import type { Deps } from '../deps.ts'
import type { HookConfig, MailConfig } from '../news.ts'
import type { ChannelKind } from '../states.ts'

/** A channel's configuration, by its kind. */
export type ChannelConfig = ({ kind: 'email' } & MailConfig) | ({ kind: Exclude<ChannelKind, 'email'> } & HookConfig)

/** @throws when data/secret.key does not hold the key it was sealed with */
export const openConfig = ({ secrets }: Pick<Deps, 'secrets'>, { id, config }: Channel): ChannelConfig =>
  JSON.parse(secrets.decrypt(config, id))

export const sealConfig = ({ secrets }: Pick<Deps, 'secrets'>, id: string, config: ChannelConfig): string =>
  secrets.encrypt(JSON.stringify(config), id)
