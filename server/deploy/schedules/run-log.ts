/** So much of the end of a log is kept. Bytes. */
const MOST = 200_000
const LEFT_OUT = '… what came before is left out: the last 200 kB are kept\n'

export type RunLog = { add(line: string): void; text(): string }

/** What a job prints, without secrets; of a long log the end. */
export function createRunLog(mask: (text: string) => string): RunLog {
  let lines: string[] = []
  let bytes = 0
  let first = 0

  function add(line: string) {
    const text = mask(line)
    lines.push(text)
    bytes += Buffer.byteLength(text) + 1
    while (bytes > MOST && first < lines.length - 1) {
      bytes -= Buffer.byteLength(lines[first] ?? '') + 1
      first += 1
    }
    // Taken out in one go now and then: each alone would move all the others.
    if (first > 10_000) lines = ['', ...lines.slice(first)]
    if (first > 10_000) first = 1
  }

  return {
    add,
    text: () => (first > 0 ? LEFT_OUT : '') + lines.slice(first).join('\n'),
  }
}
