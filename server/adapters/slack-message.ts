import { commitLine, type News, textOf } from '../news.ts'
import { cutWithin, escapeWithin } from './escape-within.ts'

/** docs.slack.dev, Block Kit: a header has at most 150 characters, a text of a section 3,000. */
const MOST = { header: 150, section: 3000, fallback: 3000, context: 1000 }

const SIGNS: Record<News['type'], string> = {
  'deploy-failed': ':red_circle:',
  'deploy-recovered': ':large_green_circle:',
  'app-down': ':red_circle:',
  'app-recovered': ':large_green_circle:',
  'disk-nearly-full': ':large_yellow_circle:',
  'backup-failed': ':red_circle:',
  test: ':wave:',
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
/** Without those three Slack knows no mention, no `<!channel>` and no link. Others’ marks, such as `*`, only look. */
const harmless = (character: string) => ENTITIES[character] ?? character

/** The body for an incoming webhook of Slack, or of what takes the same. */
export function slackMessage(news: News): object {
  const mrkdwn = (text: string, most: number) => ({ type: 'mrkdwn', text: escapeWithin(text, most, harmless) })
  return {
    text: escapeWithin(`${news.title}. ${news.message}`, MOST.fallback, harmless),
    unfurl_links: false,
    blocks: [
      {
        type: 'header',
        text: { type: 'plain_text', text: cutWithin(`${SIGNS[news.type]} ${news.title}`, MOST.header), emoji: true },
      },
      { type: 'section', text: mrkdwn(textOf(news), MOST.section) },
      ...(news.commit ? [{ type: 'context', elements: [mrkdwn(commitLine(news.commit), MOST.context)] }] : []),
      { type: 'section', text: { type: 'mrkdwn', text: `<${linkable(news.url)}|Open it in Slipway>` } },
    ],
  }
}

/** In a link those three would end it. */
const linkable = (url: string) => url.replace(/[<>|]/g, encodeURIComponent)

export const SLACK_REMEDIES = {
  no_service: 'the webhook was taken away at Slack. Make a new one, and give its address here.',
  no_team: 'the workspace is not there any more.',
  invalid_token: 'the address is not complete. Copy it from Slack again.',
  channel_not_found: 'the channel is gone. Make a webhook for another one.',
  channel_is_archived: 'the channel is archived. Bring it back, or make a webhook for another one.',
  action_prohibited: 'an admin of the workspace does not allow it.',
}
