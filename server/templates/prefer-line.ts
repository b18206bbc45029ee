/** Nobody writes a longer range; reading one takes semver a time that grows with its square. */
const MAX_LENGTH = 200

/**
 * Of the `lines` of a language that meet every range, the preferred one, else the newest: what a range admits need not be the
 * very newest, for which libraries may not be ready. `lines` go up; ranges are npm's words.
 */
export async function preferLine(
  ranges: readonly string[],
  lines: readonly string[],
  preferred: string,
): Promise<string | undefined> {
  const { intersects, validRange } = (await import('semver')).default
  const known = ranges
    .filter((it) => it.length <= MAX_LENGTH)
    .map((it) => validRange(it))
    .filter((it) => it !== null)
  return [preferred, ...lines.toReversed()].find((line) => known.every((range) => intersects(range, line)))
}
