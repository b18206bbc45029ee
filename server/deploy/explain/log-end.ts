const MAX_LINES = 400

export type LogEnd = {
  /** Takes text of any number of lines. */
  add(text: string): void
  lines(): string[]
}

/** Keeps the last 400 lines of a log, to look for a reason when it ends badly. Secrets are masked before they are kept. */
export function keepLogEnd(mask: (text: string) => string): LogEnd {
  let kept: string[] = []
  return {
    add(text) {
      for (const line of text.replace(/\n$/, '').split('\n')) kept.push(mask(line).slice(0, 4_000))
      if (kept.length > 2 * MAX_LINES) kept = kept.slice(-MAX_LINES)
    },
    lines: () => kept.slice(-MAX_LINES),
  }
}
