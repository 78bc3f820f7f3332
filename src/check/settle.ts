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
  /** Apart by more than the uncertainty and less than three times as much; or the differences do not settle. */
  | 'unclear'
  /** At a kink, and equal to the slope of one side. */
  | 'side'
  /** At a kink, between the slopes of the two sides. */
  | 'between'
  /** At a kink and outside, but 0, which is what ReLUs at 0 give by convention. */
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

interface State extends Asked {
  pairs: Pair[]
  finding: Finding
}

export interface Asked {
  readonly line: Line
  readonly analytic: number
  /**
   * By how much the analytic derivative itself may be off, in place of the tolerances for relative errors: a sum of many terms must not be
   * let through because it is large, when one of them is wrong.
   */
  readonly rounding?: number
}

/** Judges each line's analytic derivative. */
export async function settle(context: Context, asked: readonly Asked[]): Promise<Finding[]> {
  const states: State[] = asked.map((each) => ({ ...each, pairs: [], finding: unknown(each.analytic) }))
  await sample(context, states, (state) => firstSteps(context, state.line))
  for (const state of states) state.finding = firstFinding(context, state)
  let open = states.filter(({ finding }) => finding.outcome === 'unclear')
  for (let round = 1; open.length > 0 && round <= lastRound; round++) {
    const steps = new Map(open.map((state) => [state, stepsOf(context, state, round)]))
    // The first two rounds are for all; later ones for those that still ask for steps.
    open = open.filter((state) => steps.get(state)?.length !== 0)
    await sample(context, open, (state) => steps.get(state) ?? [])
    for (const state of open) state.finding = findingOf(context, state)
    open = open.filter((state) => !isSettled(state, round))
  }
  await freeze(
    context,
    states.filter((state) => state.finding.outcome !== 'zero' && isAcross(state)),
  )
  for (const state of states) if (isBad(state.finding)) state.finding = explain(context, state)
  return states.map(({ finding }) => finding)
}

const isBad = ({ outcome }: Finding) => outcome === 'disagree' || outcome === 'unclear'

/** Whether hardly any step stayed on one side of all kinks. */
function isAcross({ pairs, finding }: State): boolean {
  const clean = pairs.filter(({ kinks }) => kinks === 0).length
  return finding.kinks > 0 && (clean < least || isBad(finding))
}

/** Steps that it takes for a limit, where some are left out. */
const least = 3

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

const lastRound = 12

/** Further steps: around the first; further out; then, where still nothing is clear, down to the spacing of the numbers, and up. */
function stepsOf(context: Context, state: State, round: number): number[] {
  const first = context.firstExponent
  const powers = (exponents: number[]) => exponents.map((exponent) => 2 ** exponent)
  if (round === 1) {
    const up = range(first + 2, Math.min(-1, first + 12))
    return powers([first - 4, first - 2, ...(context.settings.step === undefined ? [] : [first]), ...up])
  }
  if (round === 2) return powers([...range(first - 10, first - 6), ...range(Math.min(-1, first + 12) + 2, 1)])
  const { numeric, uncertainty } = state.finding
  const rough = !(uncertainty <= 1e-3 * (Math.abs(state.analytic) + Math.abs(numeric)))
  const up = rough && isStill(context, state) ? range(4 * round - 10, 4 * round - 8) : []
  const down = rough && round === 3 ? range(finestExponent(context, state.line), first - 12) : []
  return powers([...down, ...up])
}

/**
 * Whether the loss has hardly moved at the largest step: only then are larger ones of use. Once it has moved, the scale on which it
 * bends is near, and a plateau behind it would look like a derivative.
 */
function isStill({ noise }: Context, { pairs }: State): boolean {
  const last = pairs.at(-1)
  if (last === undefined) return true
  const change = Math.max(Math.abs(last.plus - noise.loss), Math.abs(last.minus - noise.loss))
  return change <= 100 * noise.deviation
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
  const allowed = allowedOf(context, state, value, 'happy') + (state.rounding === undefined ? 0 : noise)
  // Within a rounding that is small beside the value itself, further steps would only say the same. Where a kink was crossed the
  // difference is a mean of two slopes, and agreement means nothing.
  const near = pairs[0].kinks === 0 && (apart <= allowed || (apart <= noise && noise <= 1e-4 * size))
  return { ...finding, outcome: near ? 'agree' : 'unclear' }
}

/** By how much analytic and numeric value may differ, whatever the rounding of the loss. */
function allowedOf(
  context: Context,
  { analytic, rounding: own }: Asked,
  value: number,
  level: 'happy' | 'certain',
): number {
  return own ?? tolerances(context)[level] * (Math.abs(analytic) + Math.abs(value))
}

/** From all that was sampled so far. */
function findingOf(context: Context, state: State): Finding {
  const { pairs, analytic, line } = state
  const finite = pairs.filter(({ plus, minus }) => Number.isFinite(plus) && Number.isFinite(minus))
  const clean = finite.filter(({ kinks }) => kinks === 0)
  const kinks = state.finding.kinks || (finite.at(-1)?.kinks ?? 0)
  const used = clean.length >= least ? clean : finite
  const fixed = context.settings.step !== undefined && line.kind === 'coordinate'
  const limit = fixed
    ? fixedOf(context, state)
    : limitOf(
        used.map((pair) => centred(context, pair)),
        2,
      )
  if (limit === undefined) return { ...unknown(analytic), kinks }
  return judged(context, state, kinks, widened(context, limit, used))
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
function widened(context: Context, limit: Limit, pairs: readonly Pair[]): Limit {
  const { loss, precision } = context.noise
  if (!pairs.every(({ plus, minus }) => plus === loss && minus === loss)) return limit
  const widest = Math.max(...pairs.map(({ ahead }) => ahead))
  const hidden = (8 * rounding[precision] * context.size) / widest
  return { ...limit, noise: Math.max(limit.noise, hidden), uncertainty: Math.max(limit.uncertainty, hidden) }
}

function judged(context: Context, asked: Asked, kinks: number, limit: Limit): Finding {
  const { analytic } = asked
  const { value, step, uncertainty } = limit
  const finding = { analytic, numeric: value, uncertainty, step, kinks }
  const apart = Math.abs(analytic - value)
  // Beyond its own scale a coordinate may have come to another place: 0 seen from there accuses nobody.
  if (step > 4 && apart > uncertainty && Math.abs(value) <= 3 * uncertainty) return { ...finding, outcome: 'noise' }
  const magnitude = Math.max(Math.abs(analytic), Math.abs(value))
  // A derivative that is 0 but for what its terms leave over (a bias in front of a batch normalisation) is right to that rounding.
  const allowed = Math.max(uncertainty, context.residue)
  if (apart <= allowed) {
    if (analytic === 0 && value === 0) return { ...finding, outcome: 'zero' }
    if (allowed < magnitude / 3) return { ...finding, outcome: 'agree' }
    // As large as the value: because of rounding, or because the differences do not settle.
    return { ...finding, outcome: Math.max(limit.noise, context.residue) >= allowed / 10 ? 'noise' : 'unclear' }
  }
  if (apart <= allowedOf(context, asked, value, 'certain')) return { ...finding, outcome: 'agree' }
  return { ...finding, outcome: apart > 3 * allowed ? 'disagree' : 'unclear' }
}

/** Whether further steps would change nothing. */
function isSettled({ finding }: State, round: number): boolean {
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
    state.finding = { ...judged(context, state, kinks, widened(context, limit, finite)), frozen: true }
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
    return { ...judged(context, state, finding.kinks, slope), half: true }
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
  if (analytic === 0) return { ...found, outcome: 'convention' }
  return { ...found, outcome: outside <= gap ? 'unclear' : 'disagree' }
}
