/** @file What a wrong gradient looks like: each known mistake is a rule that predicts the numeric values from the analytic ones. */
import { placeRules } from './diagnose-places.ts'
import { type Evidence, type Explanation, fits, type RuleOf, type Sample } from './evidence.ts'
import type { Diagnosis } from './report.ts'
import { number, pair } from './words.ts'

/**
 * The most convincing explanation of a tensor's wrong gradient.
 *
 * @returns 'no idea' with confidence 0 where no rule fits
 */
export function diagnose(evidence: Evidence): Diagnosis {
  const wrong = evidence.samples.filter((sample) => sample.wrong)
  if (wrong.length === 0) return noIdea
  const found = [...valueRules, ...placeRules].flatMap((rule) => rule(evidence, wrong) ?? [])
  const judged = found.map((explanation) => ({ ...explanation, confidence: confidenceOf(explanation) }))
  const best = judged.reduce<(Explanation & { confidence: number }) | undefined>(
    (a, b) => (a === undefined || b.confidence > a.confidence ? b : a),
    undefined,
  )
  if (best === undefined || best.confidence <= 0) return noIdea
  return { cause: best.cause, confidence: Math.round(100 * best.confidence) / 100, words: best.words }
}

const noIdea: Diagnosis = {
  cause: 'unknown',
  confidence: 0,
  words: 'no idea what went wrong: the errors follow no known pattern',
}

/** One sample that fits by accident is likely, five are not. */
function confidenceOf({ support, limit }: Explanation): number {
  return support <= 0 ? 0 : limit * (1 - 0.5 ** support)
}

const valueRules: readonly RuleOf[] = [detached, unused, ratio, masked, signs, penalty, offset, timesPoint]

/** Zero everywhere, where the loss does change. */
function detached({ samples, gradient }: Evidence): Explanation | undefined {
  if (gradient.some((value) => value !== 0)) return undefined
  const words =
    'the gradient is 0 everywhere, though the loss changes: it was not computed, not accumulated, or a branch is detached'
  return { cause: 'zero', words, support: samples.filter(({ wrong }) => wrong).length + 2, limit: 0.99 }
}

/** The loss never changes. */
function unused({ samples, gradient }: Evidence): Explanation | undefined {
  if (!samples.every(({ numeric, uncertainty }) => Math.abs(numeric) <= uncertainty || numeric === 0)) return undefined
  if (gradient.every((value) => value === 0)) return undefined
  const words =
    'the loss does not change with this tensor, though the gradient is not 0: the loss does not use it, or reads a copy of it that is not moved (then: inPlace)'
  return { cause: 'unused', words, support: samples.filter(({ wrong }) => wrong).length + 1, limit: 0.95 }
}

/** One factor for all. */
function ratio(evidence: Evidence, wrong: readonly Sample[]): Explanation | undefined {
  const usable = evidence.samples.filter(({ numeric, uncertainty }) => Math.abs(numeric) > 3 * uncertainty)
  if (usable.length === 0 || !wrong.every((sample) => usable.includes(sample))) return undefined
  // The one that is known best fixes the factor.
  const sharp = usable.reduce((a, b) =>
    b.uncertainty / Math.abs(b.numeric) < a.uncertainty / Math.abs(a.numeric) ? b : a,
  )
  const factor = sharp.analytic / sharp.numeric
  if (!Number.isFinite(factor) || factor === 0) return undefined
  if (!evidence.samples.every((sample) => fits(sample, sample.analytic / factor))) return undefined
  const { words, cause, limit, known } = factorWords(factor, evidence)
  return { cause, words, limit, support: usable.length - (known ? 0 : 1) }
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-3 * Math.abs(b)
}

function factorWords(factor: number, { batchSize, gradient }: Evidence) {
  const known = (cause: string, words: string, limit = 0.97) => ({ cause, words, limit, known: true })
  if (near(factor, -1)) return known('sign', 'the sign is wrong: the analytic gradient is minus the numeric one')
  if (near(factor, -2) || near(factor, -0.5))
    return known(
      'sign',
      `the sign is wrong, and a factor: the analytic gradient is ${number(factor)} times the numeric one`,
    )
  const n = batchSize
  if (n !== undefined && n > 2 && near(factor, 1 / n))
    return known(
      'batch-size',
      `the gradient is 1/${n} of what it should be: divided by the batch size once more than the loss`,
    )
  if (n !== undefined && n > 2 && near(factor, n))
    return known(
      'batch-size',
      `the gradient is ${n} times too large: the loss is a mean over the batch, the gradient a sum`,
    )
  if (near(factor, 2))
    return known(
      'factor-2',
      'the gradient is twice what it should be: a factor 2 too many, or something accumulated twice',
    )
  if (near(factor, 0.5))
    return known(
      'factor-half',
      'the gradient is half of what it should be: the 2 of a square forgotten, or a ½ too many',
    )
  const size = gradient.length
  const whole = Math.round(Math.max(Math.abs(factor), 1 / Math.abs(factor)))
  const isWhole = whole >= 3 && near(Math.max(Math.abs(factor), 1 / Math.abs(factor)), whole)
  if (!isWhole || factor < 0) {
    const words = `the gradient is ${pair(factor, 1)[0]} times what it should be, everywhere: a constant factor`
    return { cause: 'factor', words, limit: 0.9, known: false }
  }
  const what = whole === size ? 'the number of its elements' : 'the batch size, or another count'
  const words =
    factor > 1
      ? `the gradient is ${whole} times too large: ${what}? A sum where the loss has a mean`
      : `the gradient is 1/${whole} of what it should be: ${what}? A mean where the loss has a sum, or divided twice`
  return { cause: 'batch-size', words, limit: 0.9, known: true }
}

/** Right where it is not 0 on one side, and some of it should be 0, or is and should not. */
function masked({ samples }: Evidence, wrong: readonly Sample[]): Explanation | undefined {
  const rest = samples.filter((sample) => !sample.wrong)
  if (!rest.some(({ analytic }) => analytic !== 0)) return undefined
  if (wrong.every(({ numeric, uncertainty }) => Math.abs(numeric) <= uncertainty)) {
    const words =
      'the gradient is not 0 where the loss does not change, and right elsewhere: a mask is missing (ReLU, dropout, clipping, padding)'
    return { cause: 'mask-missing', words, support: wrong.length + 1, limit: 0.95 }
  }
  if (wrong.every(({ analytic }) => analytic === 0)) {
    const words =
      'the gradient is 0 where the loss does change, and right elsewhere: too much is masked, or a part is not accumulated'
    return { cause: 'mask-excess', words, support: wrong.length, limit: 0.9 }
  }
  return undefined
}

/** Right but for the signs of some. */
function signs({ samples }: Evidence, wrong: readonly Sample[]): Explanation | undefined {
  if (wrong.length === samples.length || !wrong.every((sample) => fits(sample, -sample.analytic))) return undefined
  const words =
    'the magnitudes are right, the signs of some are not: a sign(x) or the derivative of an absolute value is missing'
  return { cause: 'signs', words, support: wrong.length, limit: 0.9 }
}

/** Off by λ·x or λ·sign(x). */
function penalty({ samples, at }: Evidence, wrong: readonly Sample[]): Explanation | undefined {
  const rules = [
    { name: 'L2', part: (x: number) => x, formula: 'x' },
    { name: 'L1', part: Math.sign, formula: 'sign(x)' },
  ]
  for (const { name, part, formula } of rules) {
    const basis = (sample: Sample) => part(at[sample.index])
    const largest = wrong.reduce((a, b) => (Math.abs(basis(b)) > Math.abs(basis(a)) ? b : a))
    const lambda = (largest.analytic - largest.numeric) / basis(largest)
    if (!Number.isFinite(lambda) || lambda === 0) continue
    const explained = samples.every((sample) => offBy(sample, lambda * basis(sample)))
    const different = new Set(wrong.map((sample) => Math.abs(at[sample.index]))).size
    if (!explained || different < 2) continue
    const times = `${number(Math.abs(lambda))}·${formula}`
    const words =
      lambda < 0
        ? `the gradient lacks ${times}: that of an ${name} penalty, which is in the loss`
        : `the gradient has ${times} too much: that of an ${name} penalty, which the loss does not have, or has only once`
    return { cause: lambda < 0 ? 'penalty-missing' : 'penalty-excess', words, support: wrong.length - 1, limit: 0.95 }
  }
  return undefined
}

/** Whether a sample's error is what a rule says, where the error itself is what is small. */
function offBy({ analytic, numeric, uncertainty }: Sample, error: number): boolean {
  return Math.abs(analytic - numeric - error) <= 3 * uncertainty + 1e-2 * Math.abs(error) + 1e-7 * Math.abs(numeric)
}

/** Off by the same everywhere. */
function offset({ samples }: Evidence, wrong: readonly Sample[]): Explanation | undefined {
  const shift = wrong[0].analytic - wrong[0].numeric
  const varied = new Set(samples.map(({ numeric }) => numeric)).size > 1
  if (wrong.length < 3 || !varied || !samples.every((sample) => offBy(sample, shift))) return undefined
  const words = `the gradient is ${number(Math.abs(shift))} too ${shift > 0 ? 'large' : 'small'} everywhere: a term is added or missing, such as that of a mean`
  return { cause: 'offset', words, support: wrong.length - 1, limit: 0.85 }
}

/** Too much or too little by the coordinate itself: the chain rule through a product or a logarithm. */
function timesPoint({ samples, at }: Evidence): Explanation | undefined {
  const varied = new Set(samples.map(({ index }) => Math.abs(at[index]))).size
  if (varied < 2) return undefined
  const usable = samples.filter(({ numeric, uncertainty }) => Math.abs(numeric) > 3 * uncertainty)
  const explains = (predict: (a: number, x: number) => number) =>
    samples.every((sample) => fits(sample, predict(sample.analytic, at[sample.index])))
  const found: [string, (a: number, x: number) => number][] = [
    ['a factor 1/x is missing', (a, x) => a / x],
    ['a factor x is missing', (a, x) => a * x],
    ['a factor 1/x² is missing', (a, x) => a / (x * x)],
    ['a factor 1 − x² is missing: the derivative of tanh', (a, x) => a * (1 - x * x)],
  ]
  const match = found.find(([, predict]) => explains(predict))
  if (match === undefined) return undefined
  const words = `${match[0]}: the chain rule stops one step too early`
  return { cause: 'chain', words, support: usable.length - 1, limit: 0.9 }
}
