/** @file The judgement of one derivative: few evaluations where it is right, more where it seems wrong, until it is clear why. */
import { fixedLimit, type Limit, limitOf } from './limit.ts'
import { type Context, centred, type Line, type Pair, pairsOn, scaleOf } from './line.ts'
import { rounding, spacing } from './scale.ts'
import { type Sides, sidesOf } from './sides.ts'
import { tolerances } from './tolerance.ts'

export type Outcome =
  | 'agree'
  /** Both exactly 0. */
  | 'zero'
  /** Agree, but within a rounding as large as the value. */
  | 'noise'
  | 'disagree'
  /** Apart by more than the uncertainty, and by less than three times as much. */
  | 'unclear'
  /** At a kink, and equal to the slope of one side. */
  | 'side'
  /** At a kink, between the slopes of the two sides. */
  | 'between'
  /** At a kink, outside, but not further than a convention at several kinks could bring it. */
  | 'convention'
  | 'jump'
  /** The loss is no number on both sides. */
  | 'undefined'

/** Derivatives are along the line. */
export interface Finding {
  readonly outcome: Outcome
  readonly analytic: number
  readonly numeric: number
  readonly uncertainty: number
  readonly step: number
  readonly kinks: number
  /** Of a kink: the slopes behind and ahead. */
  readonly slopes?: readonly [behind: number, ahead: number]
  /** Only one side of the point is in the loss's domain. */
  readonly half?: boolean
  /** The winners of the base point were held fixed. */
  readonly frozen?: boolean
}

interface State {
  readonly line: Line
  readonly analytic: number
  pairs: Pair[]
  finding: Finding
}

/** Judges each line's analytic derivative. */
export async function settle(
  context: Context,
  asked: readonly { readonly line: Line; readonly analytic: number }[],
): Promise<Finding[]> {
  const states: State[] = asked.map(({ line, analytic }) => ({ line, analytic, pairs: [], finding: unknown(analytic) }))
  await sample(context, states, (state) => firstSteps(context, state.line))
  for (const state of states) state.finding = firstFinding(context, state)
  let open = states.filter(({ finding }) => finding.outcome === 'unclear')
  for (const round of [1, 2, 3] as const) {
    if (open.length === 0) break
    await sample(context, open, (state) => stepsOf(context, state, round))
    for (const state of open) state.finding = findingOf(context, state)
    open = open.filter((state) => !isSettled(state, round))
  }
  await freeze(
    context,
    states.filter(({ finding }) => finding.kinks > 0 && isBad(finding)),
  )
  for (const state of states) if (isBad(state.finding)) state.finding = explain(context, state)
  return states.map(({ finding }) => finding)
}

const isBad = ({ outcome }: Finding) => outcome === 'disagree' || outcome === 'unclear'

function unknown(analytic: number): Finding {
  return { outcome: 'unclear', analytic, numeric: Number.NaN, uncertainty: Number.POSITIVE_INFINITY, step: 0, kinks: 0 }
}

async function sample(context: Context, states: readonly State[], stepsFor: (state: State) => number[]): Promise<void> {
  const steps = states.map(stepsFor)
  const found = await pairsOn(
    context,
    states.map(({ line }) => line),
    steps,
  )
  for (const [i, state] of states.entries())
    state.pairs = [...state.pairs, ...found[i]].sort((a, b) => a.ahead + a.behind - b.ahead - b.behind)
}

function firstSteps(context: Context, line: Line): number[] {
  const { step } = context.settings
  if (step === undefined || line.kind === 'direction') return [2 ** context.firstExponent]
  const t = step / scaleOf(context, line)
  return [t / 2, t]
}

/** Further steps: around the first; further out; and, where still nothing is clear, down to the spacing of the numbers and far up. */
function stepsOf(context: Context, state: State, round: 1 | 2 | 3): number[] {
  const first = context.firstExponent
  const powers = (exponents: number[]) => exponents.map((exponent) => 2 ** exponent)
  if (round === 1) {
    const up = range(first + 2, Math.min(-1, first + 12))
    return powers([first - 4, first - 2, ...(context.settings.step === undefined ? [] : [first]), ...up])
  }
  if (round === 2) return powers([...range(first - 10, first - 6), ...range(Math.min(-1, first + 12) + 2, 1)])
  const { numeric, uncertainty } = state.finding
  const rough = !(uncertainty <= 1e-3 * (Math.abs(state.analytic) + Math.abs(numeric)))
  if (!rough) return []
  return powers([...range(finestExponent(context, state.line), first - 12), ...range(4, 28, 4)])
}

function range(from: number, to: number, by = 2): number[] {
  return Array.from({ length: Math.max(0, Math.floor((to - from) / by) + 1) }, (_, i) => from + i * by)
}

/** log2 of the smallest step that still moves the coordinate by some spacings. */
function finestExponent({ evaluator, firstExponent, scales }: Context, line: Line): number {
  if (line.kind === 'direction') return firstExponent - 20
  const x = evaluator.at[line.tensor][line.index]
  const smallest = Math.max(64 * spacing(x, evaluator.precision), 2 ** -60 * scales[line.tensor][line.index])
  // On the same ladder of even distances from the first step.
  const exponent = Math.log2(smallest / scales[line.tensor][line.index])
  return firstExponent - 2 * Math.floor((firstExponent - exponent) / 2)
}

/** After the first step: what is clear already, without an estimate of the truncation. */
function firstFinding(context: Context, state: State): Finding {
  const { analytic, pairs } = state
  if (context.settings.step !== undefined && state.line.kind === 'coordinate') return findingOf(context, state)
  if (pairs.length === 0) return unknown(analytic)
  const { value, noise, step } = centred(context, pairs[0])
  const apart = Math.abs(analytic - value)
  const finding = { analytic, numeric: value, uncertainty: Math.max(noise, apart), step, kinks: pairs[0].kinks }
  if (analytic === 0 && pairs[0].plus === pairs[0].minus) return { ...finding, outcome: 'zero', uncertainty: noise }
  const size = Math.abs(analytic) + Math.abs(value)
  // Within a rounding that is small beside the value itself, further steps would only say the same.
  const near = apart <= tolerances(context).happy * size || (apart <= noise && noise <= 1e-4 * size)
  return { ...finding, outcome: near ? 'agree' : 'unclear' }
}

/** From all that was sampled so far. */
function findingOf(context: Context, state: State): Finding {
  const { pairs, analytic, line } = state
  const finite = pairs.filter(({ plus, minus }) => Number.isFinite(plus) && Number.isFinite(minus))
  const clean = finite.filter(({ kinks }) => kinks === 0)
  const kinks = state.finding.kinks || (finite.at(-1)?.kinks ?? 0)
  const used = clean.length >= 3 ? clean : finite
  const fixed = context.settings.step !== undefined && line.kind === 'coordinate'
  const limit = fixed
    ? fixedOf(context, state)
    : limitOf(
        used.map((pair) => centred(context, pair)),
        2,
      )
  if (limit === undefined) return { ...unknown(analytic), kinks }
  return judged(context, analytic, widened(context, limit, used), kinks, limit)
}

/** The limit for a step of the user's choice; its two pairs are the ones nearest to it. */
function fixedOf(context: Context, { pairs, line }: State): Limit | undefined {
  const t = (context.settings.step ?? 0) / scaleOf(context, line)
  const nearest = (wanted: number) =>
    pairs.reduce<Pair | undefined>((best, pair) => {
      const distance = (p: Pair) => Math.abs((p.ahead + p.behind) / 2 - wanted)
      return best === undefined || distance(pair) < distance(best) ? pair : best
    }, undefined)
  const [whole, half] = [nearest(t), nearest(t / 2)]
  if (whole === undefined || half === undefined) return undefined
  const limit = fixedLimit(centred(context, whole), centred(context, half))
  return Number.isFinite(limit.value) ? limit : undefined
}

/** A loss that never moved may hide a change below its rounding: that of its intermediate values, where it is 0 itself. */
function widened(context: Context, limit: Limit, pairs: readonly Pair[]): number {
  const { loss, precision } = context.noise
  if (!pairs.every(({ plus, minus }) => plus === loss && minus === loss)) return limit.uncertainty
  const widest = Math.max(...pairs.map(({ ahead }) => ahead))
  return Math.max(limit.uncertainty, (8 * rounding[precision] * context.size) / widest)
}

function judged(context: Context, analytic: number, uncertainty: number, kinks: number, limit: Limit): Finding {
  const { value, step } = limit
  const finding = { analytic, numeric: value, uncertainty, step, kinks }
  const apart = Math.abs(analytic - value)
  const magnitude = Math.max(Math.abs(analytic), Math.abs(value))
  // A derivative that is 0 but for what its terms leave over (a bias in front of a batch normalisation) is right to that rounding.
  const allowed = Math.max(uncertainty, context.residue)
  if (apart <= allowed) {
    if (analytic === 0 && value === 0) return { ...finding, outcome: 'zero' }
    return { ...finding, outcome: allowed >= magnitude / 3 ? 'noise' : 'agree' }
  }
  if (apart <= tolerances(context).certain * (Math.abs(analytic) + Math.abs(value)))
    return { ...finding, outcome: 'agree' }
  return { ...finding, outcome: apart > 3 * allowed ? 'disagree' : 'unclear' }
}

/** Whether further steps would change nothing. */
function isSettled({ finding }: State, round: 1 | 2 | 3): boolean {
  const { outcome, uncertainty, analytic, numeric } = finding
  // A unit that is off: its losses differ by rounding alone, however far one goes.
  if (outcome === 'zero' || (outcome === 'noise' && analytic === 0)) return true
  const sharp = uncertainty <= 1e-3 * (Math.abs(analytic) + Math.abs(numeric))
  if (outcome === 'agree') return sharp
  return outcome === 'disagree' && round === 2 && sharp
}

/** Where kinks were crossed and the winners are known: again, with those of the base point held fixed. */
async function freeze(context: Context, states: readonly State[]): Promise<void> {
  if (context.evaluator.frozenValuesAt === undefined) return
  const coordinates = states.filter(({ line }) => line.kind === 'coordinate')
  const first = context.firstExponent
  const steps = range(first - 4, Math.min(-1, first + 12)).map((exponent) => 2 ** exponent)
  const found = await pairsOn(
    context,
    coordinates.map(({ line }) => line),
    coordinates.map(() => steps),
    true,
  )
  for (const [i, state] of coordinates.entries()) {
    const finite = found[i].filter(({ plus, minus }) => Number.isFinite(plus) && Number.isFinite(minus))
    const limit = limitOf(
      finite.map((pair) => centred(context, pair)),
      2,
    )
    if (limit === undefined) continue
    const { kinks } = state.finding
    const uncertainty = widened(context, limit, finite)
    state.finding = { ...judged(context, state.analytic, uncertainty, kinks, limit), frozen: true }
  }
}

/** Why a derivative disagrees, as far as the point itself explains it. */
function explain(context: Context, state: State): Finding {
  const { finding, pairs } = state
  if (finding.frozen) return finding
  const sides: Sides = sidesOf(context, pairs)
  if (sides.kind === 'smooth') return finding
  if (sides.kind === 'jump') return { ...finding, outcome: 'jump' }
  if (sides.kind === 'undefined') return { ...finding, outcome: 'undefined' }
  if (sides.kind === 'half') {
    const { slope } = sides
    return { ...judged(context, state.analytic, slope.uncertainty, finding.kinks, slope), half: true }
  }
  return atKink(context, finding, sides.behind, sides.ahead)
}

function atKink(context: Context, finding: Finding, behind: Limit, ahead: Limit): Finding {
  const { analytic } = finding
  const slopes = [behind.value, ahead.value] as const
  const gap = Math.abs(ahead.value - behind.value)
  const known = { ...finding, slopes, kinks: Math.max(1, finding.kinks) }
  const near = (side: Limit) => {
    const allowed = side.uncertainty + tolerances(context).certain * (Math.abs(side.value) + Math.abs(analytic))
    return Math.abs(analytic - side.value) <= allowed
  }
  const nearest = Math.abs(analytic - ahead.value) < Math.abs(analytic - behind.value) ? ahead : behind
  const found = { ...known, numeric: nearest.value, uncertainty: nearest.uncertainty, step: nearest.step }
  if (near(nearest)) return { ...found, outcome: 'side' }
  const [low, high] = [Math.min(...slopes), Math.max(...slopes)]
  if (analytic > low && analytic < high)
    return { ...known, outcome: 'between', numeric: (low + high) / 2, uncertainty: gap / 2 }
  // Where several kinks meet, each op picks a side of its own, and their sum need not lie between; 0 is what ReLUs pick.
  const outside = Math.abs(analytic - nearest.value)
  return { ...found, outcome: analytic === 0 || outside <= gap ? 'convention' : 'disagree' }
}
