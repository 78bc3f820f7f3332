/**
 * @file The differences at one coordinate over many steps: a V in which large steps are off by truncation, h², and small ones by rounding,
 * 1/h (Press et al. 2007, section 5.7). It shows that a difference agrees for a reason, and not by the luck of one step.
 */
import type { Checked } from './coordinates.ts'
import { type Context, centred, pairsOn } from './line.ts'
import type { CoordinateReport, SweepReport } from './report.ts'
import { worstCoordinate } from './summary.ts'

/** log2 of the steps, in units of the coordinate's scale: 16 from far beyond its size down to where nothing but rounding is left. */
const exponents = Array.from({ length: 16 }, (_, i) => 4 - 3 * i)
/** Of so many tensors at most, the furthest off. */
const mostTensors = 24

/** By tensor. The losses are not counted among the check's evaluations: the verdict does not rest on them. */
export async function sweepsOf(
  context: Context,
  checked: readonly Checked[],
): Promise<ReadonlyMap<number, SweepReport>> {
  const worst = context.evaluator.tensors.flatMap((_, tensor) => {
    const coordinate = worstCoordinate(checked.filter((one) => one.tensor === tensor))
    return coordinate === undefined ? [] : [{ tensor, coordinate }]
  })
  const taken = worst.sort((a, b) => badness(b.coordinate) - badness(a.coordinate)).slice(0, mostTensors)
  if (taken.length === 0) return new Map()
  const { evaluations } = context
  const pairs = await pairsOn(
    context,
    taken.map(({ tensor, coordinate: { index } }) => ({ kind: 'coordinate' as const, tensor, index })),
    taken.map(() => exponents.map((exponent) => 2 ** exponent)),
  )
  context.evaluations = evaluations
  return new Map(
    taken.map(({ tensor, coordinate }, i) => {
      const scale = context.scales[tensor][coordinate.index]
      const points = pairs[i].map((pair) => {
        const { step, value } = centred(context, pair)
        return { step: step * scale, difference: value / scale, kinks: pair.kinks }
      })
      return [tensor, { coordinate, points }]
    }),
  )
}

const badness = ({ verdict, relativeError }: CoordinateReport) => (verdict === 'fail' ? 10 : 0) + relativeError
