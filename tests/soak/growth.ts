/** One reading of one figure: after so many cycles, so much. */
export type Point = { at: number; value: number }
export type Slope = { slope: number; error: number }

/**
 * What a figure may do. `same`: at rest it is what it was at first, to the last one. `level`: it may swing, and rise by no
 * more than `perCycle`. `bounded`: it may rise, up to `most`. `kept`: it rises by design, and by no more than `perCycle`.
 */
export type Rule = { why: string } & (
  | { kind: 'same' }
  | { kind: 'level'; perCycle: number }
  | { kind: 'bounded'; most: number }
  | { kind: 'kept'; perCycle: number }
)
export type Verdict = 'flat' | 'kept' | 'grows' | 'too short to tell'
export type Judgement = { first: number; last: number; all: Slope; late: Slope; verdict: Verdict }

/** Fewer readings of what swings say nothing: the second half has to have so many. */
const FEWEST = 6
/** So many standard errors: a slope that is less sure than that may be chance. */
const SURE = 2

/** The line of least squares: its slope, and the slope's standard error, infinite where there are too few points. */
export function slopeOf(points: Point[]): Slope {
  const mean = (values: number[]) => values.reduce((sum, it) => sum + it, 0) / values.length
  const [x, y] = [mean(points.map((it) => it.at)), mean(points.map((it) => it.value))]
  const spread = points.reduce((sum, it) => sum + (it.at - x) ** 2, 0)
  if (spread === 0) return { slope: 0, error: Number.POSITIVE_INFINITY }
  const slope = points.reduce((sum, it) => sum + (it.at - x) * (it.value - y), 0) / spread
  const rest = points.reduce((sum, it) => sum + (it.value - y - slope * (it.at - x)) ** 2, 0)
  const error = points.length > 2 ? Math.sqrt(rest / (points.length - 2) / spread) : Number.POSITIVE_INFINITY
  return { slope, error }
}

/** The second half: what a server gets warm with is no leak. */
export function lateOf(points: Point[]): Point[] {
  const middle = ((points[0]?.at ?? 0) + (points.at(-1)?.at ?? 0)) / 2
  return points.filter((it) => it.at >= middle)
}

export function judge(points: Point[], rule: Rule): Judgement {
  const late = lateOf(points)
  return {
    first: points[0]?.value ?? Number.NaN,
    last: points.at(-1)?.value ?? Number.NaN,
    all: slopeOf(points),
    late: slopeOf(late),
    verdict: verdictOn(points, late, rule),
  }
}

function verdictOn(points: Point[], late: Point[], rule: Rule): Verdict {
  const values = points.map((it) => it.value)
  if (rule.kind === 'same') return values.every((it) => it === values[0]) ? 'flat' : 'grows'
  if (rule.kind === 'bounded') return Math.max(...values) <= rule.most ? 'flat' : 'grows'
  if (rule.kind === 'kept') return slopeOf(points).slope <= rule.perCycle ? 'kept' : 'grows'
  if (late.length < FEWEST) return 'too short to tell'
  const { slope, error } = slopeOf(late)
  return slope - SURE * error > rule.perCycle ? 'grows' : 'flat'
}
