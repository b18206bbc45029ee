import path from 'node:path'
import { expect, test } from 'vitest'
import { families } from '../../../server/deploy/explain/explain-log.ts'
import type { Rule } from '../../../server/deploy/explain/rule.ts'
import { root } from '../../support/slipway.ts'

const INTRODUCTION = `# What Slipway says when a deploy fails

When a build fails, its last 400 lines are looked through for what is known below; when an app ends or does not answer,
its last 100. What is found is the error of the deploy, in the UI and in the API: a sentence, and what to do. Where
nothing is found the engine's or the app's own words are quoted. \`…\` stands for what the log names. Secrets are masked
before anything is read.

Beside that:

- An import that is not found while building is looked for in the repository: where the file is there in other capital
  and small letters, the error names it.
- An app that listens on another port than the one it is asked on is told with that port, and the UI offers to use it;
  one that listens on 127.0.0.1 only, as that.
- The exit codes 126, 127, 132, 134, 139 and 143 are told in words.
- An app that answers 400 or 403 because it does not serve the host name (Django, Rails, Vite) has failed: visitors would
  see no more.
- While an app is waited for, the log says every 15 s what is missing. How long it may take is “Time to start” in its
  settings, \`startTimeoutSeconds\` in slipway.json, else \`SLIPWAY_START_TIMEOUT_SECONDS\`.

This list is written by \`npx vitest run --project unit tests/unit/explain/list-of-failures.test.ts -u\` from
\`server/deploy/explain\`; the logs that each rule was written for are in \`tests/fixtures/failures\`.
`

const row = ({ stage, message, hint }: Rule) => `| ${stage ?? 'both'} | ${readable(message)} | ${readable(hint)} |`
const readable = (template: string) =>
  template
    .replace(/\[\[(.*?)\]\]/g, '$1')
    .replace(/(?<!\$)\{[a-z]+\}/g, '…')
    .replace(/\|/g, '\\|')
    .replace(/</g, '&lt;')

test('the documentation lists everything that is recognised, in the words that are used', async () => {
  const tables = Object.entries(families).map(
    ([title, rules]) =>
      `## ${title}\n\n| when | Slipway says | and what to do |\n|---|---|---|\n${rules.map(row).join('\n')}\n`,
  )
  await expect([INTRODUCTION, ...tables].join('\n')).toMatchFileSnapshot(path.join(root, 'docs', 'failures.md'))
})
