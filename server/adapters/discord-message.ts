import { commitLine, type News, textOf } from '../news.ts'
import { escapeWithin } from './escape-within.ts'

/** discord.com/developers, embed limits: title 256, description 4096, value of a field 1024, all together 6,000. */
const MOST = { title: 256, description: 4096, field: 1024 }

const COLOURS: Record<News['type'], number> = {
  'deploy-failed': 0xd13438,
  'deploy-recovered': 0x2f9e5b,
  'app-down': 0xd13438,
  'app-recovered': 0x2f9e5b,
  'disk-nearly-full': 0xd6a100,
  'backup-failed': 0xd13438,
  test: 0x2f7d87,
}

/** What Discord would read as its markdown, a link with another text among it, and mentions. */
const harmless = (character: string) => (/[\\`*_~|[\]()<>#]/.test(character) ? `\\${character}` : character)

/** The body for a webhook of Discord. It mentions nobody, whatever the texts say. */
export function discordMessage(news: News): object {
  const { commit } = news
  return {
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: escapeWithin(news.title, MOST.title, harmless),
        url: news.url,
        description: escapeWithin(textOf(news), MOST.description, harmless),
        color: COLOURS[news.type],
        timestamp: news.at,
        ...(commit && {
          fields: [{ name: 'Commit', value: escapeWithin(commitLine(commit), MOST.field, harmless) }],
        }),
      },
    ],
  }
}

export const DISCORD_REMEDIES = {
  'Unknown Webhook': 'the webhook was deleted at Discord. Make a new one, and give its address here.',
  'Invalid Webhook Token': 'the address is not complete. Copy it from Discord again.',
}
