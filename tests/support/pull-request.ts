export type Wanted = { base: string; number: number; sha: string; from?: string; title?: string; branch?: string }

/** A pull request as GitHub writes it: https://docs.github.com/rest/pulls/pulls */
export function pullRequestJson({ base, number, sha, from = base, title, branch = 'topic' }: Wanted) {
  return {
    number,
    state: 'open',
    title: title ?? 'Change the text',
    user: { login: 'ada' },
    html_url: `https://github.com/${base}/pull/${number}`,
    created_at: '2026-01-01T00:00:00Z',
    head: { label: `${from.split('/')[0]}:${branch}`, ref: branch, sha, repo: { full_name: from } },
    base: { ref: 'main', sha: 'b'.repeat(40), repo: { full_name: base } },
  }
}

/** The body of a delivery of the event `pull_request`. */
export const pullRequestEvent = (action: string, wanted: Wanted) => ({
  action,
  number: wanted.number,
  pull_request: { ...pullRequestJson(wanted), state: action === 'closed' ? 'closed' : 'open' },
  repository: { full_name: wanted.base },
})
