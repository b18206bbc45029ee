import type { LogLineView } from '../../../server/http/views.ts'
import { getLog } from '../api/deployments.ts'
import { printable } from './ansi.ts'

const PAGE = 5000

export type Asked = { id: string; kind: 'build' | 'runtime'; release: number | undefined }
type Options = { plain: boolean; times: boolean; signal: AbortSignal; onProgress: (lines: number) => void }

/**
 * The whole log as a text file, page by page; `plain` without colour codes and controls.
 * @throws ApiError; AbortError when `signal` fires
 */
export async function collectLog({ id, kind, release }: Asked, options: Options): Promise<Blob> {
  const parts: string[] = []
  // 0 would mean the last lines of a runtime log; its numbers are times, so that 1 is before all of them.
  let after = kind === 'runtime' ? 1 : 0
  for (let count = 0; ; ) {
    const { lines, next } = await getLog(id, { kind, release, after, limit: PAGE }, options.signal)
    parts.push(lines.map((line) => textOf(line, options)).join(''))
    count += lines.length
    options.onProgress(count)
    if (lines.length < PAGE) return new Blob(parts, { type: 'text/plain;charset=utf-8' })
    after = next
  }
}

const textOf = ({ at, text }: LogLineView, { plain, times }: Options) =>
  `${times ? `${at} ` : ''}${plain ? printable(text) : text}\n`

/** Has the browser keep the file. */
export function saveFile(content: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
