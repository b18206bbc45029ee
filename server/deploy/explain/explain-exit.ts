import { AppError } from '../../errors.ts'
import { explainLog } from './explain-log.ts'

const meanings: Record<number, string> = {
  0: 'it did its work and ended, instead of staying to serve',
  126: 'its start command is there, but may not be executed or is no program',
  127: 'its start command, or a program in it, was not found',
  132: 'it used an instruction that this machine’s processor does not have',
  134: 'it gave up by itself (SIGABRT), often for want of memory',
  139: 'it crashed (a segmentation fault), most often in a compiled part of a package',
  143: 'something asked it to end (SIGTERM)',
}

/** Why an app ended, by its exit code and what it printed at last. Give it lines without secrets: it quotes them. */
export function explainExit(code: number | undefined, printed: string[]): AppError {
  const found = explainLog(printed, 'start')
  const ended = code === undefined ? 'ended again and again' : `exited with code ${code}`
  if (found) {
    return new AppError(found.code ?? 'app_exited', `The app ${ended}. ${found.message}`, {
      hint: found.hint,
    })
  }
  const meaning = code === undefined ? undefined : meanings[code]
  const said = lastWords(printed).slice(0, 300)
  return new AppError(
    'app_exited',
    `The app ${ended}${meaning ? ` (${meaning})` : ''} instead of serving. ${said ? `It said: ${said}` : 'It printed nothing.'}`,
    { hint: 'Check the start command and the environment variables.' },
  )
}

/** The line that says why, if one looks like it: Node ends with a stack and its version, whatever happened. */
function lastWords(printed: string[]): string {
  const lines = printed.map((it) => it.trim())
  return (
    lines.findLast((line) => /^\S*(error|exception|panic)\b.*:/i.test(line)) ??
    lines.findLast((line) => line !== '') ??
    ''
  )
}
