import { AppError } from '../../errors.ts'
import { explainLog } from './explain-log.ts'
import { findOtherCase } from './other-case.ts'
import type { Explanation } from './rule.ts'

/** The engine's own closing words, which say no more than that a command failed. */
const GENERAL = new Set(['build_failed', 'build_out_of_memory'])

/**
 * A failed build with its reason, where the last lines of its log tell one; any other error as it is. `root` is the
 * folder that was built: an import may be there in other letters.
 */
export async function explainBuildFailure(error: unknown, lines: string[], root: string): Promise<unknown> {
  if (!(error instanceof AppError) || !GENERAL.has(error.code)) return error
  // A mistake in the Dockerfile is told by the engine, before or after what commands printed.
  if (!/(?:exit code|did not complete successfully)/.test(error.message)) return error
  const found = explainLog(lines, 'build')
  if (!found) return error
  const { message, hint } = await withOtherCase(found, root)
  return new AppError(found.code ?? error.code, message, { hint, cause: error })
}

async function withOtherCase(found: Explanation, root: string): Promise<Pick<Explanation, 'message' | 'hint'>> {
  const other = found.wanted === undefined ? undefined : await findOtherCase(root, found.wanted)
  if (other === undefined) return found
  return {
    message: `${found.wanted} is imported, but the file is called ${other}: capital and small letters count on Linux.`,
    hint: 'Write its name in the import exactly as the file is called, and push.',
  }
}
