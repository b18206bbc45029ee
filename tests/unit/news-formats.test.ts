import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { discordMessage } from '../../server/adapters/discord-message.ts'
import { escapeWithin } from '../../server/adapters/escape-within.ts'
import { slackMessage } from '../../server/adapters/slack-message.ts'
import { webhookBody, webhookHeaders } from '../../server/adapters/webhook-message.ts'
import type { News } from '../../server/news.ts'
import { newsKinds } from '../../server/states.ts'

const news: News = {
  type: 'deploy-failed',
  title: 'shop: the deploy of release 4 failed',
  message: 'The build failed.',
  hint: 'Look at its log.',
  url: 'https://slipway.example.com/apps/1/logs?kind=build&release=4',
  app: { id: '1', name: 'shop', url: 'https://shop.example.com' },
  release: 4,
  commit: { sha: 'a'.repeat(40), message: 'Sell more', author: 'Ann' },
  at: '2026-11-21T12:00:00.000Z',
}

const text = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 9000 }),
  fc.string({ unit: fc.constantFrom('<', '&', '>', '*', '[', '😀', 'a', '\n'), minLength: 1, maxLength: 9000 }),
)
const anyNews: fc.Arbitrary<News> = fc.record(
  {
    type: fc.constantFrom(...newsKinds, 'test' as const),
    title: text,
    message: text,
    hint: text,
    url: fc.constant(news.url),
    commit: fc.record({ sha: fc.constant('b'.repeat(40)), message: text, author: text }),
    at: fc.constant(news.at),
  },
  { requiredKeys: ['type', 'title', 'message', 'url', 'at'] },
)

test('what is escaped fits, and no escape or character is cut in two', () => {
  const toSafe = (character: string) => (character === '&' ? '&amp;' : character)
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('&', 'a', '😀'), maxLength: 50 }),
      fc.integer({ min: 1, max: 80 }),
      (it, most) => {
        const safe = escapeWithin(it, most, toSafe)
        expect(safe.length).toBeLessThanOrEqual(most)
        expect(safe).toMatch(/^(&amp;|a|😀)*…?$/u)
        const whole = it.replaceAll('&', '&amp;')
        expect(safe === whole).toBe(whole.length <= most)
      },
    ),
  )
})

describe('for Slack', () => {
  test('it is a header, what to do, the commit and a link', () => {
    expect(slackMessage(news)).toEqual({
      text: 'shop: the deploy of release 4 failed. The build failed.',
      unfurl_links: false,
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: `:red_circle: ${news.title}`, emoji: true } },
        { type: 'section', text: { type: 'mrkdwn', text: 'The build failed.\nLook at its log.' } },
        { type: 'context', elements: [{ type: 'mrkdwn', text: 'aaaaaaa Sell more (Ann)' }] },
        { type: 'section', text: { type: 'mrkdwn', text: `<${news.url}|Open it in Slipway>` } },
      ],
    })
  })

  test('no text is a mention, a link or an entity of its own', () => {
    const sent = JSON.stringify(slackMessage({ ...news, message: '<!channel> <https://evil.example|here> &lt;' }))
    expect(sent).toContain('&lt;!channel&gt; &lt;https://evil.example|here&gt; &amp;lt;')
    expect(sent).not.toContain('<!')
  })

  test('every text is within Block Kit’s limits', () => {
    fc.assert(
      fc.property(anyNews, (it) => {
        const { text: fallback, blocks } = slackMessage(it) as { text: string; blocks: any[] }
        expect(fallback.length).toBeLessThanOrEqual(40_000)
        expect(blocks.length).toBeLessThanOrEqual(50)
        for (const { type, text: shown, elements = [] } of blocks) {
          expect(['header', 'section', 'context']).toContain(type)
          const most = type === 'header' ? 150 : 3000
          for (const part of type === 'context' ? elements : [shown]) {
            expect(part.text.length).toBeGreaterThan(0)
            expect(part.text.length).toBeLessThanOrEqual(most)
          }
          if (type !== 'header' && shown?.text.startsWith('<'))
            expect(shown.text).toBe(`<${news.url}|Open it in Slipway>`)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('for Discord', () => {
  test('it is one embed, and mentions nobody', () => {
    expect(discordMessage(news)).toEqual({
      allowed_mentions: { parse: [] },
      embeds: [
        {
          title: news.title,
          url: news.url,
          description: 'The build failed.\nLook at its log.',
          color: expect.any(Number),
          timestamp: news.at,
          fields: [{ name: 'Commit', value: 'aaaaaaa Sell more \\(Ann\\)' }],
        },
      ],
    })
  })

  test('no text is a link with another text, a mention, or markdown', () => {
    const { embeds } = discordMessage({ ...news, message: '[click](https://evil.example) <@1> **loud**' }) as any
    expect(embeds[0].description).toContain('\\[click\\]\\(https://evil.example\\) \\<@1\\> \\*\\*loud\\*\\*')
  })

  test('every text is within the limits of an embed', () => {
    fc.assert(
      fc.property(anyNews, (it) => {
        const { embeds } = discordMessage(it) as any
        const [{ title, description, color, fields = [] }] = embeds
        expect(title.length).toBeLessThanOrEqual(256)
        expect(description.length).toBeLessThanOrEqual(4096)
        expect(color).toBeLessThanOrEqual(0xffffff)
        const [{ name, value } = { name: '', value: '' }] = fields
        expect(value.length).toBeLessThanOrEqual(1024)
        expect(title.length + description.length + name.length + value.length).toBeLessThanOrEqual(6000)
      }),
      { numRuns: 60 },
    )
  })
})

test('a webhook gets all of it, signed over its bytes, with the same id at each try', () => {
  const parcel = { news, delivery: 'd-1', slipway: 'https://slipway.example.com' }
  const body = webhookBody(parcel)
  expect(JSON.parse(body)).toEqual({ ...news, slipway: 'https://slipway.example.com' })
  expect(
    JSON.parse(webhookBody({ ...parcel, news: { type: 'test', title: 't', message: 'm', url: 'u', at: 'a' } })),
  ).toEqual({
    type: 'test',
    title: 't',
    app: null,
    message: 'm',
    url: 'u',
    at: 'a',
    slipway: 'https://slipway.example.com',
  })
  expect(webhookHeaders(parcel, body, 'whsec')).toEqual({
    'x-slipway-signature': `sha256=${createHmac('sha256', 'whsec').update(body).digest('hex')}`,
    'x-slipway-event': 'deploy-failed',
    'x-slipway-delivery': 'd-1',
  })
})
